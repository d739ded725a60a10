"""Hits by hand, and the two kinds of right passages."""

import math

import pytest

from distill_jax.rationales import record
from distill_jax.retrieval import hits, truth

_INF = math.inf


@pytest.mark.parametrize(
  ('found', 'relevant', 'expected'),
  [
    # A question with two gold passages: the first of them counts.
    (['abcd'], ['dc'], [3]),
    (['abcd'], ['x'], [_INF]),
    (['', 'ab'], ['b'], [_INF, 2]),
    # A question against what each of three rationales found.
    (['ab'], ['b', 'x', ''], [2, _INF, None]),
    # Each rationale against its own.
    (['ab', 'ab'], ['a', 'b'], [1, 2]),
    (['ab'], [], []),
    ([], ['b'], []),
  ],
)
def test_ranks_by_hand(found, relevant, expected):
  sets = [frozenset(ids) for ids in relevant]
  assert hits.ranks([list(ids) for ids in found], sets) == expected


def test_shares_by_hand():
  ranks = [1, 3, 4, 10, 11, _INF, None, None]
  shares = [hits.share(ranks, depth) for depth in hits.DEPTHS]
  assert shares == [1 / 6, 2 / 6, 3 / 6, 4 / 6]
  assert hits.report(ranks) == (
    'hits@1 16.7 %, @3 33.3 %, @5 50.0 %, @10 66.7 % of 6 queries; 2 without '
    'a right passage left out'
  )


def test_nothing_to_count():
  assert math.isnan(hits.share([None], 1))
  assert hits.report([]).startswith('no hits are counted')


def _record(**extra):
  return record.Record(
    example_id='shop/1', question='Why?', extra=extra, place='train.jsonl:7'
  )


@pytest.mark.parametrize(
  ('gold', 'expected'), [('a', 'a'), (['a', 'b'], 'ab'), ([], '')]
)
def test_gold_passages(gold, expected):
  found = truth.GoldPassages(key='fact').relevant(_record(fact=gold))
  assert found == [set(expected)]


def test_a_record_without_gold_passages():
  assert truth.GoldPassages().relevant(_record()) == [frozenset()]


@pytest.mark.parametrize('gold', [3, [3], None, {'id': 'a'}])
def test_gold_passages_that_are_no_ids(gold):
  with pytest.raises(ValueError, match=r"train.jsonl:7: 'fact' is .* expected"):
    truth.GoldPassages(key='fact').relevant(_record(fact=gold))


def test_passages_of_rationales():
  rationales = [
    record.Rationale(
      text='So.',
      passages=tuple(record.Passage(id=id, text='x') for id in ids),
    )
    for ids in ('abcd', '')
  ]
  one = record.Record(example_id='1', question='?', rationales=rationales)
  found = truth.RationalePassages().relevant(one)
  assert found == [{'a', 'b', 'c'}, set()]
  found = truth.RationalePassages(top=1).relevant(one)
  assert found == [{'a'}, set()]
  with pytest.raises(ValueError, match='top is 0, expected at least 1'):
    truth.RationalePassages(top=0)
