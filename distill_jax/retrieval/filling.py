"""Records with the passages that their queries find."""

import itertools
from collections.abc import Iterable, Iterator

from distill_jax.rationales import record as record_lib
from distill_jax.retrieval import queries
from distill_jax.retrieval import retriever as retriever_lib

_BATCH = 256  # records whose queries go to the retriever at once

Found = tuple[record_lib.Record, list[list[retriever_lib.Hit]]]


def filled(
  retriever: retriever_lib.Retriever,
  query: queries.Query,
  records: Iterable[record_lib.Record],
  k: int,
) -> Iterator[record_lib.Record]:
  """The records with the best k passages of each of their queries.

  Args:
    retriever: what searches.
    query: what it searches by, and where the passages go.
    records: are read as they are needed.
    k: passages of each query.
  """
  for record, found in searched(retriever, query, records, k):
    yield query.filled(record, found)


def searched(
  retriever: retriever_lib.Retriever,
  query: queries.Query,
  records: Iterable[record_lib.Record],
  k: int,
) -> Iterator[Found]:
  """The records as they are, each with what its queries have found.

  As `filled`, for whoever wants to see the hits.
  """
  records = iter(records)
  while batch := list(itertools.islice(records, _BATCH)):
    texts = [query.texts(record) for record in batch]
    found = iter(retriever.search([text for some in texts for text in some], k))
    for record, some in zip(batch, texts):
      yield record, list(itertools.islice(found, len(some)))
