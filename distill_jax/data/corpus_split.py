"""A split of a corpus as tokens: a memory map of rows."""

import json
import pathlib

import numpy as np
from jaxtyping import Int

from distill_jax.data import arrays

META = 'meta.json'
SPLITS = ('train', 'validation')


class CorpusSplit:
  """Rows of a corpus, as the builder left them.

  Attributes:
    name: 'train' or 'validation'.
    folder: where its arrays lie.
    longest: tokens of the longest row.
  """

  def __init__(self, folder: pathlib.Path, name: str):
    try:
      meta = json.loads((folder / META).read_text())
      rows = arrays.read_rows(folder, meta['arrays'], name)
    except (OSError, KeyError, TypeError, json.JSONDecodeError) as error:
      raise ValueError(
        f'{folder / META} cannot be read ({error!r}); remove the folder '
        f'{folder} and it is built again.'
      ) from error
    self.name, self.folder, self._rows = name, folder, rows
    self.longest = int(np.diff(rows.offsets).max())

  def __len__(self) -> int:
    return len(self._rows)

  def __getitem__(self, index: int) -> Int[np.ndarray, ' S']:
    return self._rows[index]
