"""What every vocabulary can do, whatever it is made of."""

import abc
import functools
import pathlib
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

END = '</s>'  # how a text spells the end of a sequence


class Tokenizer(abc.ABC):
  """Token ids of texts and texts of token ids.

  Id 0 is padding and id 1 ends a sequence, in every vocabulary. Files are read
  when they are first needed, so that a plan can be made without them; whatever
  needs them raises ValueError where they are absent or of another kind.

  Attributes:
    kind: by which the builder of a cache opens `file` again, see
      `text.vocabularies`.
    path: as the user named it.
  """

  kind: ClassVar[str]
  path: str

  @property
  def pad_id(self) -> int:
    """Padding: 0."""
    return 0

  @property
  def eos_id(self) -> int:
    """End of a sequence: 1."""
    return 1

  @property
  @abc.abstractmethod
  def unk_id(self) -> int:
    """What stands for what cannot be expressed."""

  @property
  @abc.abstractmethod
  def size(self) -> int:
    """Number of ids."""

  @property
  @abc.abstractmethod
  def pieces(self) -> Sequence[str]:
    """What each id reads, without extra ids."""

  @property
  @abc.abstractmethod
  def file(self) -> pathlib.Path:
    """The file or folder on disk that the vocabulary is read from."""

  @property
  def settings(self) -> dict[str, Any]:
    """What decides ids beside the file, by the names of the fields."""
    return {}

  @property
  @abc.abstractmethod
  def fingerprint(self) -> str:
    """Hexadecimal digest of all that decides ids."""

  @property
  @abc.abstractmethod
  def word_starts(self) -> np.ndarray:
    """Whether an id begins a word: bool of shape [size]."""

  @abc.abstractmethod
  def encode(self, text: str) -> list[int]:
    """Token ids of a text, without an end of sequence behind it.

    Inside, '</s>' is that one id.
    """

  @abc.abstractmethod
  def decode(self, ids: Iterable[int]) -> str:
    """Text of token ids up to the first end of sequence, without padding."""

  def check(self) -> None:
    """Raises ValueError if the files cannot be had."""
    _ = self.size

  def difference(self, other: 'Tokenizer') -> str | None:
    """Returns the first id that reads otherwise in another vocabulary.

    None where all ids read alike.
    """
    here, there = self.pieces, other.pieces
    for index, (one, another) in enumerate(zip(here, there)):
      if one != another:
        return f'id {index} is {one!r} and {another!r}'
    if len(here) != len(there):
      return f'{len(here):,} and {len(there):,} pieces'
    return None

  def padding(self, rows: int) -> str:
    """Says how the ids fill an embedding.

    '32,100 ids in a table of 32,128 rows; the last 28 rows are padding and are
    never written'

    Args:
      rows: of the embedding, a `vocab_size`.

    Raises:
      ValueError: if there are fewer rows than ids.
    """
    spare = rows - self.size
    if spare < 0:
      raise ValueError(
        f'Vocabulary: {self.size} ids do not fit a table of {rows} rows; set '
        f'vocab_size to at least {self.size}'
      )
    text = f'{self.size:,} ids in a table of {rows:,} rows'
    if not spare:
      return text
    if spare == 1:
      return f'{text}; the last row is padding and is never written'
    return f'{text}; the last {spare:,} rows are padding and are never written'

  def _joined(self, parts: Iterable[list[int]]) -> list[int]:
    """Ids of the parts of a text between its ends of sequence."""
    join = lambda one, other: [*one, self.eos_id, *other]
    return functools.reduce(join, parts)
