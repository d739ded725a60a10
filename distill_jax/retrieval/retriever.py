"""What a retriever is: an object that answers queries with passages."""

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any, Protocol


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hit:
  """A passage that was found.

  Attributes:
    id: its name in the corpus.
    text: its words.
    score: larger is better; only scores of one query can be compared.
  """

  id: str
  text: str
  score: float


class Retriever(Protocol):
  """An engine that searches one corpus."""

  def search(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
    """The best k passages of each query, the best first.

    A query gets fewer where fewer match it, and none where none does. No
    queries give no lists, but the engine is made ready.

    Raises:
      ValueError: a setting is wrong, or k is below 1.
      OSError: the engine cannot be reached.
    """
    ...

  def lacking(self, ids: Collection[str]) -> set[str]:
    """Those of some ids that no passage has: they can never be found.

    Raises:
      OSError: the engine cannot be reached.
    """
    ...

  def describe(self) -> str:
    """What would be searched, in a line, without any work.

    Raises:
      ValueError: for what can be found wrong already.
    """
    ...

  @property
  def facts(self) -> dict[str, Any]:
    """What decides its hits, as plain JSON: other facts, perhaps other hits.

    Raises:
      ValueError: the corpus cannot be read.
    """
    ...


class Scorer(Retriever, Protocol):
  """An engine that also says how well given passages answer a query."""

  def scores(
    self, queries: Sequence[str], ids: Sequence[Sequence[str]]
  ) -> list[list[float]]:
    """The score of each passage for each query, as `search` would give it.

    0 for a passage that the query does not find at all.

    Args:
      queries: texts.
      ids: of each query the passages to score.

    Raises:
      ValueError: there is no such passage.
      OSError: the engine cannot be reached.
    """
    ...
