"""Hits of two orders, by hand."""

import math

import pytest

from distill_jax.data import ranking_split
from distill_jax.evaluation import ranking


def _ranked(relevant, retrieved, reranked):
  return ranking.Ranked(
    asked=ranking_split.Asked(
      example_id='x', relevant=tuple(map(frozenset, relevant))
    ),
    retrieved=tuple(retrieved),
    reranked=tuple(reranked),
    scores=tuple(float(-i) for i in range(len(reranked))),
  )


_ROWS = [
  _ranked(['b'], 'abcd', 'bacd'),  # 2nd, then 1st
  _ranked(['d', 'a'], 'abcd', 'bcda'),  # for two sets: 4th and 1st, 3rd and 4th
  _ranked(['z'], 'abcd', 'dcba'),  # not among the candidates
  _ranked([''], 'abcd', 'dcba'),  # nothing is right
]


def test_hits_and_reciprocal_ranks_by_hand():
  found = ranking.measures(_ROWS)
  assert found['num_judged'] == 4
  assert found['hits@1'] == 1 / 4
  assert found['hits@3'] == 2 / 4
  assert found['hits@5'] == found['hits@10'] == 3 / 4
  assert found['mrr'] == pytest.approx((1 + 1 / 3 + 1 / 4) / 4)
  assert found['candidate_hits@1'] == 1 / 4
  assert found['candidate_hits@3'] == 2 / 4
  assert found['candidate_mrr'] == pytest.approx((1 / 2 + 1 / 4 + 1) / 4)


def test_without_anything_right_there_are_no_hits():
  found = ranking.measures(_ROWS[3:])
  assert found['num_judged'] == 0
  assert math.isnan(found['hits@1'])


def test_rows_hold_the_first_passages():
  (row,) = ranking.rows(_ROWS[:1], depth=2)
  assert row == {
    'example_id': 'x',
    'relevant': [['b']],
    'retrieved': ('a', 'b'),
    'reranked': ('b', 'a'),
    'scores': (0.0, -1.0),
  }


def test_nothing_at_once_is_refused():
  with pytest.raises(ValueError, match='piece 0'):
    ranking.Scoring(piece=0)
