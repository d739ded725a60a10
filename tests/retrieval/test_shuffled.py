"""Passages of other queries."""

import pytest

from distill_jax.retrieval import retriever, shuffled


class _Echo:
  """Finds the query itself."""

  facts = None

  def search(self, queries, k):
    return [[retriever.Hit(id=q, text=q, score=1.0)] * k for q in queries]

  def describe(self):
    return 'echo'


@pytest.mark.parametrize('number', [0, 2, 3, 8])
def test_nobody_keeps_its_own(number):
  queries = [f'query {i}' for i in range(number)]
  own = shuffled.Shuffled(retriever=_Echo())
  found = own.search(queries, 2)
  ids = [hits[0].id for hits in found]
  assert sorted(ids) == queries
  assert all(id != query for id, query in zip(ids, queries))
  assert all(len(hits) == 2 for hits in found)


def test_a_query_alone_finds_nothing():
  own = shuffled.Shuffled(retriever=_Echo())
  assert own.search(['one'], 3) == [[]]
  assert own.describe() == 'echo; passages of other questions'
  assert own.facts != _Echo.facts
