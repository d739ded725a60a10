"""A control: passages that were found for somebody else."""

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any

from distill_jax.retrieval import retriever as retriever_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shuffled:
  """What a retriever finds, each query with the passages of another one.

  A student that has learnt to read its passages falls to where it would be
  without any. Query i of n that are asked together gets the passages of query
  (i + n // 2) mod n; one that is asked alone gets none.

  Attributes:
    retriever: what searches.
  """

  retriever: retriever_lib.Retriever

  def search(
    self, queries: Sequence[str], k: int
  ) -> list[list[retriever_lib.Hit]]:
    """Passages of other queries; see `retriever.Retriever`."""
    found = self.retriever.search(queries, k)
    if len(found) == 1:
      return [[]]
    half = len(found) // 2
    return found[half:] + found[:half]

  def lacking(self, ids: Collection[str]) -> set[str]:
    """Those of some ids that no passage has; see `retriever.Retriever`."""
    return self.retriever.lacking(ids)

  def describe(self) -> str:
    """What would be searched; see `retriever.Retriever`."""
    return f'{self.retriever.describe()}; passages of other questions'

  @property
  def facts(self) -> dict[str, Any]:
    """What decides its hits; see `retriever.Retriever`."""
    return {'shuffled': self.retriever.facts}
