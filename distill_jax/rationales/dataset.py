"""What a task says about its data: where it comes from, what answers are."""

import dataclasses
from collections.abc import Callable, Iterable

from distill_jax.rationales import record
from distill_jax.text import answers as answers_lib

# To learn from and to choose by; every other split is for tests.
SEEN = ('train', 'validation')


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataSet:
  """A data set in plain Python; a module in `tasks/` exposes one.

  Attributes:
    name: the task's name.
    read: records of a split below a data folder (None where the data is made
      by the package), the same in every call.
    splits: names of the splits; the first is for training.
    answers: the kind of answer, for votes and accuracy.
    needs_data_dir: whether `read` wants a folder.
    files: glob patterns of what `read` reads below the folder; the bytes of
      those files decide whether a cache still fits.
    citation: where the data comes from.
  """

  name: str
  read: Callable[[str, str | None], Iterable[record.Record]]
  splits: tuple[str, ...]
  answers: answers_lib.Answers
  needs_data_dir: bool = False
  files: tuple[str, ...] = ()
  citation: str = ''

  @property
  def test_splits(self) -> tuple[str, ...]:
    """Names of the splits that a student is tested on."""
    return tuple(split for split in self.splits if split not in SEEN)

  def records(
    self, split: str, data_dir: str | None = None
  ) -> Iterable[record.Record]:
    """Records of a split.

    Raises:
      ValueError: there is no such split, or a folder is needed and missing.
    """
    if split not in self.splits:
      raise ValueError(
        f'{self.name}: no split {split!r}, expected one of '
        f'{", ".join(self.splits)}'
      )
    if self.needs_data_dir and not data_dir:
      raise ValueError(
        f'{self.name}: no data folder; name it by --gin.DATA_DIR=FOLDER'
      )
    return self.read(split, data_dir)
