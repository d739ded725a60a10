"""The passages beside the questions of a run."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from distill_jax.rationales import record as record_lib
from distill_jax.retrieval import filling, queries, retriever


@dataclasses.dataclass(frozen=True, kw_only=True)
class Knowledge:
  """A retriever, and what it is asked in training and afterwards.

  A teacher's rationale says what is needed, so it finds better passages than
  the question; it is there for training questions only.

  Source: arXiv:2305.18395, section 3.2: D_ij = the top k by rationale r_ij.

  Attributes:
    retriever: what searches.
    k: passages of a training example, and of a question that no reranker
      orders.
    candidates: passages by the question that a reranker chooses from.
    training_query: what is searched by for training examples.
    query: what is searched by for all others.
  """

  retriever: retriever.Retriever
  k: int = 1
  candidates: int = 100
  training_query: queries.Query = queries.EachRationale()
  query: queries.Query = queries.Question(choices=True)

  def __post_init__(self):
    if not 1 <= self.k <= self.candidates:
      raise ValueError(
        f'Knowledge.k is {self.k} and candidates {self.candidates}, expected '
        'at least 1 and as many candidates as k.'
      )
    if isinstance(self.query, queries.EachRationale):
      raise ValueError(
        'Knowledge.query is EachRationale, which finds passages for each '
        'rationale and none for the question; take queries.FirstRationale, or '
        'queries.Question.'
      )

  def taught(
    self, records: Iterable[record_lib.Record]
  ) -> Iterator[record_lib.Record]:
    """The records with the passages that a student is trained with."""
    return filling.filled(self.retriever, self.training_query, records, self.k)

  def asked(
    self, records: Iterable[record_lib.Record], k: int | None = None
  ) -> Iterator[record_lib.Record]:
    """The records with passages by what is known without a teacher.

    Args:
      records: with whatever passages, which give way.
      k: how many; the k of this object if not given.
    """
    return filling.filled(self.retriever, self.query, records, k or self.k)

  @property
  def facts(self) -> dict[str, Any]:
    """All that decides which passages are found, as plain JSON."""
    return {
      'retriever': self.retriever.facts,
      'k': self.k,
      'training_query': repr(self.training_query),
      'query': repr(self.query),
    }
