"""Passages for the records of a store."""

import dataclasses
import logging
import pathlib
from collections.abc import Iterator

from distill_jax.rationales import record as record_lib
from distill_jax.rationales import store as store_lib
from distill_jax.retrieval import filling, hits, queries
from distill_jax.retrieval import retriever as retriever_lib
from distill_jax.retrieval import truth as truth_lib

_EVERY = 5_000  # records between two lines of the log
_SHOWN = 3  # ids in a message

_log = logging.getLogger('distill_jax.retrieval')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Retrieval:
  """A search for every record of a store.

  Attributes:
    retriever: what searches.
    query: what it searches by, and where the passages go.
    store: the records, JSON lines; None to build the index and no more.
    output: receives the records with their passages; None to count hits only.
    k: passages that are kept of each query.
    truth: the right passages, for hits@1/3/5/10.
  """

  retriever: retriever_lib.Retriever
  query: queries.Query = queries.Question()
  store: str | None = None
  output: str | None = None
  k: int = 3
  truth: truth_lib.Truth = truth_lib.GoldPassages()

  def __post_init__(self):
    if self.k < 1:
      raise ValueError(f'Retrieval.k is {self.k}, expected at least 1.')
    if self.output and not self.store:
      raise ValueError(
        f'Retrieval.output is {self.output!r} without a store, expected the '
        'records to search for; give --gin.STORE=FILE.'
      )

  def check(self) -> None:
    """Raises a ValueError for files that are absent, or in the way."""
    if self.store and not _place(self.store).is_file():
      raise ValueError(
        f'{self.store}: no such file, expected records as JSON lines; '
        'correct --gin.STORE=...'
      )
    if self.output and _place(self.output).exists():
      raise ValueError(
        f'{self.output} exists already; nothing is overwritten, give another '
        '--gin.OUTPUT=...'
      )

  def run(self) -> list[float | None]:
    """Ranks of the right passages, see `hits.ranks`; the output is written.

    Right passages that the corpus lacks are counted in the log: they count as
    not found.

    Raises:
      ValueError: a file is absent, wrong or in the way; the output does not
        come to be.
      OSError: the retriever cannot be reached.
    """
    self.check()
    self.retriever.search((), self.k)  # builds the index
    ranks: list[float | None] = []
    if not self.store:
      return ranks
    missed: list[truth_lib.Ids] = []
    filled = self._filled(ranks, missed)
    if self.output:
      store_lib.write(_place(self.output), filled)
    else:
      for _ in filled:
        pass
    self._tell(missed)
    return ranks

  def _filled(
    self, ranks: list[float | None], missed: list[truth_lib.Ids]
  ) -> Iterator[record_lib.Record]:
    """The records with their passages.

    Args:
      ranks: get those of each record on the way.
      missed: get its right passages that were not found.
    """
    records = store_lib.read(_place(self.store))
    depth = max(self.k, *hits.DEPTHS)  # kept, or held against the truth
    searched = filling.searched(self.retriever, self.query, records, depth)
    for number, (record, found) in enumerate(searched):
      if number and number % _EVERY == 0:
        _log.info('%s: %s records searched for', self.store, f'{number:,}')
      ids = [[hit.id for hit in answer] for answer in found]
      relevant = self.truth.relevant(record)
      ranks += hits.ranks(ids, relevant)
      missed.append(frozenset().union(*relevant).difference(*ids))
      kept = [answer[: self.k] for answer in found]
      yield self.query.filled(record, kept)

  def _tell(self, missed: list[truth_lib.Ids]) -> None:
    """Says which right passages could not be found at all."""
    lacking = self.retriever.lacking(frozenset().union(*missed))
    if lacking:
      records = sum(not lacking.isdisjoint(ids) for ids in missed)
      _log.warning(
        '%s: %s right passages, of %s records, are not in the corpus (%s) and '
        'count as not found; correct their ids, or take the corpus they are '
        'of',
        self.store,
        f'{len(lacking):,}',
        f'{records:,}',
        ', '.join(map(repr, sorted(lacking)[:_SHOWN])),
      )


def _place(path: str) -> pathlib.Path:
  return pathlib.Path(path).expanduser()
