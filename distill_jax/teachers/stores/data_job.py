"""A job on the questions of one split of a data set."""

import dataclasses
import functools
import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from distill_jax.data import registry
from distill_jax.rationales import dataset, store
from distill_jax.rationales import record as record_lib
from distill_jax.teachers import claims, job
from distill_jax.text import answers as answers_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataJob(job.Job):
  """Asks about the records of a data set, whose other splits go along.

  Attributes:
    task: module of `distill_jax.tasks`, or the name of one's own.
    split: whose questions are asked, and no other split goes along; None for
      the training split, with all others.
    data_dir: folder of the data set, for tasks that need one.
    answers: the kind of answer; None for that of the task.
    limit: the first so many questions; None for all.
  """

  task: str
  split: str | None = None
  data_dir: str | None = None
  answers: answers_lib.Answers | None = None
  limit: int | None = None

  def __post_init__(self):
    if self.limit is not None and self.limit < 1:
      name = type(self).__name__
      raise ValueError(f'{name}.limit is {self.limit}, expected at least 1.')

  def check(self) -> None:
    """As `Job.check`."""
    for split in (self.asked_split, *self.other_splits):
      try:
        next(iter(self.data_set.records(split, self.data_dir)), None)
      except ValueError as error:
        if split == self.asked_split:
          raise
        raise ValueError(
          f'{error}; {split} goes along, so that OUTPUT trains, and '
          f'--gin.SPLIT={self.asked_split} goes without'
        ) from error
    super().check()

  def about(self) -> Mapping[str, Any]:
    """As `Job.about`: the data set, and how much of it."""
    digest, number = self._digest
    return {
      'task': self.task,
      'split': self.asked_split,
      'answers': repr(self.data_set.answers),
      'data': digest,
      claims.GROWS: min(number, self.limit or number),
    }

  def write_others(
    self, records: Callable[[str], Iterable[record_lib.Record]]
  ) -> None:
    """Writes the splits that go along, except those that are there.

    Args:
      records: of a split.
    """
    for split in self.other_splits:
      path = self.folder / f'{split}.jsonl'
      if not path.exists():
        store.write(path, records(split))

  @functools.cached_property
  def data_set(self) -> dataset.DataSet:
    """The reader of the task's records, with the answers of this job."""
    found = registry.load(self.task).DATA_SET
    if self.answers is None:
      return found
    return dataclasses.replace(found, answers=self.answers)

  @property
  def asked_split(self) -> str:
    """The split whose questions are asked."""
    return self.split or self.data_set.splits[0]

  @property
  def other_splits(self) -> tuple[str, ...]:
    """The splits that go along, so that the folder trains."""
    return () if self.split else self.data_set.splits[1:]

  def records(self) -> Iterator[record_lib.Record]:
    """The records that are asked about."""
    records = self.data_set.records(self.asked_split, self.data_dir)
    return itertools.islice(records, self.limit)

  @functools.cached_property
  def _digest(self) -> tuple[str, int]:
    """A digest of all records of the split, and how many there are."""
    digest, number = hashlib.sha256(), 0
    records = self.data_set.records(self.asked_split, self.data_dir)
    for record in records:
      said = json.dumps(record_lib.to_json(record), sort_keys=True)
      digest.update(said.encode() + b'\n')
      number += 1
    return digest.hexdigest()[:12], number
