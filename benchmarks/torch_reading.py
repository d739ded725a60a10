"""Batches by torch's loader, as the papers' code makes them."""

import numpy as np
import torch
from torch.utils import data as torch_data

from benchmarks import torch_steps
from distill_jax.data import cached

_FEATURES = (
  ('label_inputs', 0),
  ('rationale_inputs', 0),
  ('label_targets', torch_steps.IGNORED),
  ('rationale', torch_steps.IGNORED),
)


def loader(split: cached.Split, size: int) -> torch_data.DataLoader:
  """Returns shuffled batches of rows that lie in memory as lists.

  Args:
    split: the rows; the first rationale of each is taken.
    size: rows of a batch.
  """
  rows = [_listed(split[index]) for index in range(len(split))]
  return torch_data.DataLoader(
    rows,
    batch_size=size,
    shuffle=True,
    drop_last=True,
    collate_fn=_collated,
  )


def _listed(row: cached.Row) -> dict[str, list[int]]:
  names = ('label_inputs', 'rationale_inputs', 'label_targets')
  texts = {name: getattr(row, name).tolist() for name in names}
  return {**texts, 'rationale': row.rationales[0].tolist()}


def _collated(rows: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
  """Returns ids padded to the longest of the batch, and masks of inputs."""
  found = {}
  for name, filling in _FEATURES:
    width = max(len(row[name]) for row in rows)
    ids = np.full((len(rows), width), filling, np.int64)
    for target, row in zip(ids, rows):
      target[: len(row[name])] = row[name]
    found[name] = torch.from_numpy(ids)
    if filling == 0:
      found[f'{name}_mask'] = (found[name] > 0).long()
  return found
