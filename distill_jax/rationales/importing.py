"""Other people's rationales become a store."""

import dataclasses
import json
import pathlib
from collections.abc import Iterable
from typing import Protocol

from distill_jax.rationales import record as record_lib
from distill_jax.rationales import store
from distill_jax.text import answers as answers_lib
from distill_jax.text import vocabulary as vocabulary_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reading:
  """What a source holds.

  Attributes:
    records: to be gone through once.
    told: names and what is said of them, for people.
  """

  records: Iterable[record_lib.Record]
  told: tuple[tuple[str, str], ...]


class Source(Protocol):
  """Where records come from.

  Attributes:
    path: of the file or folder.
  """

  path: str

  def check(self) -> None:
    """Raises a ValueError for files that are absent."""
    ...

  def read(self) -> Reading:
    """The records, and what became of the source's columns.

    Raises:
      ValueError: something is wrong in it, by file and line; also on the way
        through the records.
    """
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Import:
  """A source that becomes one split of a folder of records.

  Attributes:
    source: of the records.
    output: folder that trains by `data/records.gin`.
    split: which of its files is written.
    answers: the kind of answer, for figures of the store.
    vocabulary: of a student, to count what its tokens lose; None for none.
  """

  source: Source
  output: str
  split: str = 'train'
  answers: answers_lib.Answers = answers_lib.Text()
  vocabulary: str | None = None

  def __post_init__(self):
    if not self.split or pathlib.PurePath(self.split).name != self.split:
      raise ValueError(
        f'Import.split is {self.split!r}, expected a name such as train, '
        'validation or test.'
      )

  @property
  def path(self) -> pathlib.Path:
    """The file that is written."""
    return pathlib.Path(self.output).expanduser() / f'{self.split}.jsonl'

  @property
  def tokens(self) -> vocabulary_lib.Vocabulary | None:
    """The vocabulary, opened when it is first needed."""
    if self.vocabulary is None:
      return None
    return vocabulary_lib.Vocabulary(path=self.vocabulary)

  def check(self) -> None:
    """Raises a ValueError for files that are absent, or in the way."""
    for place in (self.source.path, self.output):
      if '://' in place:
        raise ValueError(
          f'{place}: expected a local path; copy the files to or from there'
        )
    if self.tokens:
      self.tokens.check()
    if self.path.exists():
      raise ValueError(
        f'{self.path} exists already; nothing is overwritten, give another '
        '--gin.OUTPUT=... or --gin.SPLIT=...'
      )
    self.source.check()

  def run(self) -> tuple[tuple[str, str], ...]:
    """Writes the file, whole or not at all; what to say of the source.

    Raises:
      ValueError: a file is absent, wrong or in the way.
    """
    self.check()
    reading = self.source.read()
    store.write(self.path, reading.records)
    return reading.told

  def plan(self) -> str:
    """What would be written, and the first record; all is read for it.

    Raises:
      ValueError: as `run`.
    """
    if self.source.path.startswith('<'):  # nobody gave it
      return f'input      {self.source.path}\noutput     {self.path}'
    self.check()
    reading = self.source.read()
    first, questions, rationales = None, 0, 0
    for record in reading.records:
      first = first or record_lib.to_json(record)
      questions += 1
      rationales += len(record.rationales)
    rows = [
      *reading.told,
      ('output', str(self.path)),
      ('records', f'{questions:,} with {rationales:,} rationales'),
      ('first', json.dumps(first, indent=2, ensure_ascii=False)),
    ]
    return '\n'.join(f'{name:9}  {said}' for name, said in rows)
