"""What can be searched: passages from a file, or made by a program."""

from collections.abc import Iterator
from typing import Protocol

from distill_jax.rationales import record


class Passages(Protocol):
  """A corpus; `corpus.Corpus` is one in a file.

  Attributes:
    path: where it is, or its name, for messages.
  """

  path: str

  def check(self) -> None:
    """Raises a ValueError for what can be found wrong without reading it."""
    ...

  def fingerprint(self) -> str:
    """A name of ids, texts and their order: the same where they are."""
    ...

  def passages(self) -> Iterator[record.Passage]:
    """The passages, in the same order in every call.

    Raises:
      ValueError: there is none, or an id occurs twice.
    """
    ...
