"""What a student is given to read beside a question, when it is asked."""

import dataclasses
import logging
import time
from collections.abc import Sequence
from typing import Protocol

from distill_jax.data import cached
from distill_jax.data import source as source_lib
from distill_jax.evaluation import asked
from distill_jax.rationales import record as record_lib
from distill_jax.retrieval import filling, hits, retriever, truth
from distill_jax.retrieval import knowledge as knowledge_lib

_log = logging.getLogger(__name__)

Found = list[list[retriever.Hit]]


class Ranker(Protocol):
  """What puts the passages that a retriever has found into a better order."""

  def check(self) -> None:
    """Raises a ValueError for what can be found wrong before any work."""
    ...

  def order(self, queries: Sequence[str], found: Found) -> Found:
    """Returns the passages of each query, the best first, with its scores.

    Args:
      queries: that the passages were found by.
      found: passages of each query; none for one that found nothing.
    """
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reading:
  """Records with the passages to read.

  Attributes:
    records: in their order.
    measures: `hits@1` and further of the gold passages, where records name
      any; with a reranker also `candidate_hits@1` and further, of the
      retriever's own order; `retrieval_seconds` and `reranking_seconds`.
  """

  records: list[record_lib.Record]
  measures: dict[str, float]


def read(
  knowledge: knowledge_lib.Knowledge,
  ranker: Ranker | None,
  records: Sequence[record_lib.Record],
) -> Reading:
  """Returns the records with passages by what they ask, the best first.

  Args:
    knowledge: the retriever, and how much of what it finds is read; a reranker
      is given its `candidates`.
    ranker: puts the candidates in order; None for the retriever's.
    records: to be asked.
  """
  knowledge.retriever.search((), knowledge.k)  # builds an index
  _tell_lacking(knowledge, records)
  began = time.perf_counter()
  depth = max(knowledge.k, *hits.DEPTHS)
  found = list(
    filling.searched(
      knowledge.retriever,
      knowledge.query,
      records,
      knowledge.candidates if ranker else depth,
    )
  )
  records, candidates = [one for one, _ in found], [own for _, (own,) in found]
  seconds = {'retrieval_seconds': time.perf_counter() - began}
  ordered, shares = candidates, {}
  if ranker:
    began = time.perf_counter()
    queries = [text for one in records for text in knowledge.query.texts(one)]
    ordered = ranker.order(queries, candidates)
    seconds['reranking_seconds'] = time.perf_counter() - began
    shares |= _shares('candidate_hits', records, candidates)
  shares |= _shares('hits', records, ordered)
  return Reading(
    records=[
      knowledge.query.filled(one, [own[: knowledge.k]])
      for one, own in zip(records, ordered, strict=True)
    ],
    measures={**shares, **seconds},
  )


def reread(
  source: source_lib.Source,
  knowledge: knowledge_lib.Knowledge | None,
  ranker: Ranker | None,
  split: cached.Split,
) -> tuple[cached.Split, dict[str, float]]:
  """Returns a split with the passages of now, and the measures of `read`.

  Without knowledge it is the split itself, and there are none.

  Args:
    source: of the split; its prompts show the passages.
    knowledge: as for `read`.
    ranker: as for `read`.
    split: the questions.
  """
  if knowledge is None:
    return split, {}
  reading = read(knowledge, ranker, split.records())
  inputs = [asked.ask(source, record) for record in reading.records]
  limit = source.lengths.inputs
  cut = sum(bool(one.lost) for one in inputs)
  if cut:
    _log.warning(
      '%s: %d of %d questions do not reach the student whole: %s',
      split.name,
      cut,
      len(inputs),
      next(one.lost[0] for one in inputs if one.lost),
    )
  found = split.reread(
    reading.records,
    [one.label_inputs[:limit] for one in inputs],
    [one.rationale_inputs[:limit] for one in inputs],
  )
  return found, reading.measures


def _tell_lacking(
  knowledge: knowledge_lib.Knowledge, records: Sequence[record_lib.Record]
) -> None:
  """Warns of gold passages that nobody can find."""
  gold = truth.GoldPassages()
  named = set().union(*(ids for one in records for ids in gold.relevant(one)))
  absent = knowledge.retriever.lacking(sorted(named))
  if absent:
    _log.warning(
      '%d of %d gold passages are not in the corpus, such as %r: they count as '
      'not found',
      len(absent),
      len(named),
      min(absent),
    )


def _shares(
  name: str, records: Sequence[record_lib.Record], found: Found
) -> dict[str, float]:
  """Hits at all depths, where any record names its gold passages."""
  gold = truth.GoldPassages()
  ranks = [
    rank
    for record, own in zip(records, found, strict=True)
    for rank in hits.ranks([[hit.id for hit in own]], gold.relevant(record))
  ]
  if all(rank is None for rank in ranks):
    return {}
  return {f'{name}@{depth}': hits.share(ranks, depth) for depth in hits.DEPTHS}
