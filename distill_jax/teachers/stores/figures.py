"""Figures of a summary: shares with their intervals, and lengths."""

import collections
import dataclasses
from collections.abc import Iterator

from distill_jax.evaluation import accuracy

_LONG = 95  # the percentile of long texts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Share:
  """How many of some things are so.

  Attributes:
    number: how many are.
    total: of how many.
    independent: how many of these tell something of their own. The samples of
      one question do not: their interval is that of as many questions, which
      is too wide rather than too narrow.
  """

  number: int
  total: int
  independent: int

  @property
  def share(self) -> float:
    """Number by total, in [0, 1]."""
    return self.number / self.total

  @property
  def interval(self) -> tuple[float, float]:
    """Its 95 % interval, by Wilson's score."""
    number = self.number * self.independent / self.total
    return accuracy.wilson(number, self.independent)

  def to_json(self) -> dict[str, float]:
    """The figures as JSON has them."""
    low, high = self.interval
    return {
      'share': self.share,
      'low': low,
      'high': high,
      'number': self.number,
      'total': self.total,
    }

  def __str__(self) -> str:
    low, high = self.interval
    return (
      f'{self.share:.1%} ({low:.1%} to {high:.1%}), {self.number:,} of '
      f'{self.total:,}'
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lengths:
  """How long some texts are, in words or tokens.

  Attributes:
    mean: of all.
    median: the middle one, or the mean of the two middle ones.
    long: the 95th percentile: the least length that 95 % do not exceed.
    longest: the greatest.
  """

  mean: float
  median: float
  long: int
  longest: int

  def to_json(self) -> dict[str, float]:
    """The figures as JSON has them."""
    return dataclasses.asdict(self)

  def __str__(self) -> str:
    return (
      f'mean {self.mean:.1f}, median {self.median:g}, 95th percentile '
      f'{self.long:,}, longest {self.longest:,}'
    )


def share(
  number: int, total: int, independent: int | None = None
) -> Share | None:
  """The share, or None of nothing.

  Args:
    number: how many are so.
    total: of how many.
    independent: see `Share`; all of them by default.
  """
  if not total:
    return None
  return Share(number=number, total=total, independent=independent or total)


def lengths(counts: collections.Counter[int]) -> Lengths | None:
  """The lengths, or None of nothing.

  Args:
    counts: how many texts there are of each length.
  """
  total = counts.total()
  if not total:
    return None
  return Lengths(
    mean=sum(length * number for length, number in counts.items()) / total,
    median=(_at(counts, (total - 1) // 2) + _at(counts, total // 2)) / 2,
    long=_at(counts, -(-total * _LONG // 100) - 1),
    longest=max(counts),
  )


def _at(counts: collections.Counter[int], rank: int) -> int:
  """The length at a rank, from 0, in ascending order."""
  return next(length for length, above in _cumulated(counts) if above > rank)


def _cumulated(counts: collections.Counter[int]) -> Iterator[tuple[int, int]]:
  """Each length, and how many texts are no longer."""
  total = 0
  for length in sorted(counts):
    total += counts[length]
    yield length, total
