"""Wins, ties and losses of two methods, and what else a judge went by."""

import collections
import dataclasses
from collections.abc import Sequence

from scipy import stats

from distill_jax.teachers.judging import verdicts

_LEVEL = 0.95


@dataclasses.dataclass(frozen=True, kw_only=True)
class Standing:
  """How one judge settled the questions of one pair.

  Attributes:
    items: questions that were judged.
    first: won by the first side.
    tie: by neither: the judge said so, contradicted itself, said nothing that
      can be read, or both texts are one.
    second: won by the second side.
    share: of the second side among those that either won; None without any.
    low: lower end of the share's 95 % interval, by Clopper and Pearson.
    high: upper end.
    p_value: two-sided, of the sign test that both sides win alike.
    same: ties because both texts are one.
    order: ties because the judge named the same place in both orders.
    torn: ties because it said tie in one order only.
    unparsed: ties because a reply holds no verdict.
    place_a: verdicts for what stood as A.
    place_b: verdicts for what stood as B.
    first_words: mean length of the first side's texts, in words.
    second_words: mean length of the second side's.
    longer: won by the longer text.
    shorter: won by the shorter text.
  """

  items: int
  first: int
  tie: int
  second: int
  share: float | None
  low: float | None
  high: float | None
  p_value: float
  same: int
  order: int
  torn: int
  unparsed: int
  place_a: int
  place_b: int
  first_words: float
  second_words: float
  longer: int
  shorter: int


def count(judged: Sequence[verdicts.Judged]) -> Standing:
  """The standing of judged questions.

  Raises:
    ValueError: there is none.
  """
  if not judged:
    raise ValueError('A standing needs at least one judged question, got none.')
  kinds = collections.Counter(one.settled for one in judged)
  said = collections.Counter(each for one in judged for each in one.verdicts)
  first, second = (
    kinds[verdicts.Settled.FIRST],
    kinds[verdicts.Settled.SECOND],
  )
  longer = [_longer(one) for one in judged]
  share, low, high, p_value = _tested(second, first + second)
  return Standing(
    items=len(judged),
    first=first,
    tie=len(judged) - first - second,
    second=second,
    share=share,
    low=low,
    high=high,
    p_value=p_value,
    same=kinds[verdicts.Settled.SAME],
    order=kinds[verdicts.Settled.ORDER],
    torn=kinds[verdicts.Settled.TORN],
    unparsed=kinds[verdicts.Settled.UNPARSED],
    place_a=said['A'],
    place_b=said['B'],
    first_words=_mean([one.words[0] for one in judged]),
    second_words=_mean([one.words[1] for one in judged]),
    longer=longer.count(True),
    shorter=longer.count(False),
  )


def _tested(
  won: int, decided: int
) -> tuple[float | None, float | None, float | None, float]:
  """Share of the decided ones, its interval, and the sign test's p-value.

  C. J. Clopper and E. S. Pearson, Biometrika 26 (1934), 404-413: an interval
  that holds the true share in at least 95 % of all cases, however few there
  are.
  """
  if not decided:
    return None, None, None, 1.0
  test = stats.binomtest(won, decided, 0.5)
  interval = test.proportion_ci(_LEVEL, method='exact')
  return (
    won / decided,
    float(interval.low),
    float(interval.high),
    float(test.pvalue),
  )


def _longer(one: verdicts.Judged) -> bool | None:
  """Whether the winner is the longer one; None where that is no question."""
  first, second = one.words
  if one.settled is verdicts.Settled.FIRST and first != second:
    return first > second
  if one.settled is verdicts.Settled.SECOND and first != second:
    return second > first
  return None


def _mean(values: Sequence[int]) -> float:
  return sum(values) / len(values)
