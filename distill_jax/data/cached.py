"""A split of a token cache: memory maps of ids, and its records."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from distill_jax.data import arrays
from distill_jax.data import lengths as lengths_lib
from distill_jax.data import share as share_lib
from distill_jax.rationales import record, store

META = 'meta.json'
RECORDS = 'records.jsonl'
FEATURES = ('label_inputs', 'label_targets', 'rationale_inputs', 'questions')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
  """The token ids of one example, not padded.

  Attributes:
    label_inputs: question behind the label prefix.
    label_targets: label.
    rationale_inputs: question behind the rationale prefix.
    questions: question alone, without prefix and end of sequence.
    rationales: all K rationales, in the order of the store.
    votes: per rationale 1 (majority), -1 (outvoted) or 0 (no vote).
  """

  label_inputs: Int[np.ndarray, ' S']
  label_targets: Int[np.ndarray, ' T']
  rationale_inputs: Int[np.ndarray, ' S']
  questions: Int[np.ndarray, ' S']
  rationales: list[Int[np.ndarray, ' T']]
  votes: Int[np.ndarray, ' K']


class Split:
  """One split, as the builder left it; `split[i]` is its row i.

  Attributes:
    task: whose data it is.
    name: such as 'train'.
    folder: where its arrays lie.
    lengths: the widths that hold every row: the longest, rounded up to a
      multiple of 8, at most the limit of the source. They are known before
      any row is read, so every batch of a run has the same shape.
    warnings: what the builder found, one sentence each.
    dropped: number of records without a usable label, by reason.
    lack: why questions have no rationale that won a vote; '' if all have one.
    num_questions: that the rows are about; a question may have several.
    rows: numbers, in the cache, of the rows that are there; the others are
      left out, and `split[i]` is the i-th of these.
  """

  def __init__(
    self,
    folder: pathlib.Path,
    name: str,
    share: float = share_lib.ALL,
    share_seed: int = 0,
  ):
    meta = _read_meta(folder)
    if name not in meta['splits']:
      raise ValueError(
        f'{meta["task"]} has no split {name!r}; it has'
        f' {", ".join(meta["splits"])}.'
      )
    facts = meta['splits'][name]
    self.task: str = meta['task']
    self.name = name
    self.folder = folder / name
    self.warnings: tuple[str, ...] = tuple(facts['warnings'])
    self.dropped: Mapping[str, int] = facts['dropped']
    self.lack: str = facts['lack']
    self.lengths = _widths(facts['features'], meta['lengths'])
    table = facts['arrays']
    arrays.check_size(self.folder / RECORDS, facts['record_bytes'])
    self._texts = {
      feature: arrays.read_rows(self.folder, table, feature)
      for feature in FEATURES
    }
    self._rationales = arrays.read_rows(self.folder, table, 'rationales')
    self._votes = arrays.read_rows(self.folder, table, 'votes')
    sizes = facts['rows_of_questions'] or [1] * len(self._votes)
    self.num_questions = len(share_lib.rows(len(sizes), share, share_seed))
    self.rows = share_lib.rows_of_questions(sizes, share, share_seed)

  def __len__(self) -> int:
    return len(self.rows)

  def __getitem__(self, index: int) -> Row:
    return self.row(index)

  @property
  def num_rationales(self) -> int:
    """Number of rationales of all examples, usable or not."""
    return int(np.diff(self._votes.offsets)[self.rows].sum())

  def rationale_length(self, share: float) -> int:
    """Returns the tokens, end included, that a share of rationales keeps to.

    All rationales of the examples count, usable or not; 1 where they have none.
    """
    counts = np.diff(self._votes.offsets)
    kept = np.isin(np.repeat(np.arange(len(counts)), counts), self.rows)
    lengths = np.diff(self._rationales.offsets)[kept]
    if not len(lengths):
      return 1
    return int(np.quantile(lengths, share, method='higher'))

  def row(self, index: int) -> Row:
    """Returns the token ids of one example."""
    if not 0 <= index < len(self):
      raise IndexError(
        f'{self.name} has {len(self)} examples, there is no {index}.'
      )
    index = self.rows[index]
    first, last = self._votes.offsets[index : index + 2]
    return Row(
      **{name: texts[index] for name, texts in self._texts.items()},
      rationales=[self._rationales[k] for k in range(first, last)],
      votes=self._votes[index],
    )

  def records(self) -> list[record.Record]:
    """Returns the record of every row, in the order of the rows."""
    found = list(store.read(self.folder / RECORDS))
    return [found[index] for index in self.rows]

  def reread(
    self,
    records: Sequence[record.Record],
    label_inputs: Sequence[Int[np.ndarray, ' S']],
    rationale_inputs: Sequence[Int[np.ndarray, ' S']],
  ) -> 'Split':
    """Returns the same rows with other inputs, as other passages give them.

    Args:
      records: of the rows, with what is known of them now.
      label_inputs: in the order of the rows, not padded.
      rationale_inputs: likewise.
    """
    return _Reread(self, records, label_inputs, rationale_inputs)


class _Reread(Split):
  """The rows of a split with other inputs."""

  def __init__(self, split, records, label_inputs, rationale_inputs):
    vars(self).update(vars(split))
    self._records = list(records)
    self._inputs = list(zip(label_inputs, rationale_inputs, strict=True))
    longest = max(len(ids) for pair in self._inputs for ids in pair)
    width = lengths_lib.padded(longest, longest)
    self.lengths = dataclasses.replace(split.lengths, inputs=width)

  def records(self) -> list[record.Record]:
    return self._records

  def row(self, index: int) -> Row:
    label, rationale = self._inputs[index]
    return dataclasses.replace(
      super().row(index), label_inputs=label, rationale_inputs=rationale
    )


def _read_meta(folder: pathlib.Path) -> dict[str, Any]:
  """Returns the description of a finished cache."""
  try:
    meta = json.loads((folder / META).read_text())
    missing = {'task', 'splits', 'lengths'} - meta.keys()
  except (OSError, ValueError, AttributeError) as error:
    missing = error
  if missing:
    raise ValueError(
      f'{folder / META} cannot be read ({missing}); remove the folder {folder}'
      ' and it is built again.'
    )
  return meta


def _widths(
  features: Mapping[str, Mapping[str, int]], limits: Mapping[str, int]
) -> lengths_lib.Lengths:
  """Returns the narrowest widths that hold the longest row of each kind."""
  limits = lengths_lib.Lengths(**limits)
  longest = {'inputs': 0, 'label': 0, 'rationale': 0}
  for feature, facts in features.items():
    kind = lengths_lib.KIND[feature]
    longest[kind] = max(longest[kind], facts['longest'])
  return lengths_lib.Lengths(
    **{
      kind: lengths_lib.padded(value, getattr(limits, kind))
      for kind, value in longest.items()
    }
  )
