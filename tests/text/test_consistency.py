"""Votes, against a slow count and by hand."""

import collections
import operator
import random

import pytest

from distill_jax.text import answers, consistency


def _vote(*given):
  return consistency.vote(given, operator.eq)


def test_majority():
  vote = _vote('a', 'b', None, 'b')
  assert vote.positives == (1, 3)
  assert vote.negatives == (0,)
  assert vote.unparsed == (2,)
  assert vote.majority == 1
  assert not vote.tie
  assert [vote.sign(i) for i in range(4)] == [-1, 1, 0, 1]


def test_in_a_tie_nobody_is_positive_and_the_first_sampled_wins():
  vote = _vote('b', 'a', 'a', 'b', 'c')
  assert vote.tie
  assert vote.positives == vote.negatives == ()
  assert vote.majority == 0


def test_a_tie_below_the_majority_is_none():
  vote = _vote('a', 'b', 'c', 'c')
  assert not vote.tie
  assert vote.positives == (2, 3)
  assert vote.negatives == (0, 1)


def test_a_single_sample_is_positive():
  assert _vote('a').positives == (0,)
  assert _vote(None, 'a', None).positives == (1,)


@pytest.mark.parametrize('given', [(), (None,), (None, None)])
def test_nothing_parsed(given):
  vote = _vote(*given)
  assert vote.majority is None
  assert vote.positives == vote.negatives == ()
  assert vote.unparsed == tuple(range(len(given)))
  assert not vote.tie


def test_numbers_agree_within_the_tolerance():
  kind = answers.Equation()
  given = [kind.parse(text) for text in ('$51', '49', '51 dollars', '(76-25)')]
  assert consistency.vote(given, kind.same).positives == (0, 2, 3)


@pytest.mark.parametrize('seed', range(100))
def test_against_a_plain_count(seed):
  rng = random.Random(seed)
  given = rng.choices(['a', 'b', 'c', None], k=rng.randrange(1, 8))
  vote = _vote(*given)
  counts = collections.Counter(a for a in given if a is not None)
  best = [a for a in counts if counts[a] == max(counts.values())]
  assert vote.tie == (len(best) > 1)
  candidates = set(vote.positives) | set(vote.negatives)
  if len(best) == 1:
    assert {given[i] for i in vote.positives} == set(best)
    assert len(vote.positives) == counts[best[0]]
    assert candidates == {i for i, a in enumerate(given) if a is not None}
  else:
    assert not candidates
  if best:
    assert vote.majority == min(given.index(a) for a in best)
