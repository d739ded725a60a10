"""Stretches of time: where they meet, and what lies between them."""

import itertools
from collections.abc import Iterable, Sequence

Interval = tuple[float, float]  # begin and end, in seconds


def busy(steps: Sequence[tuple[float, float]]) -> list[Interval]:
  """Returns when a device works that makes one step after another.

  Args:
    steps: when each was handed over, and when it was done; in order.
  """
  found, free = [], float('-inf')
  for given, done in steps:
    found.append((max(given, free), done))
    free = done
  return found


def gaps(found: Sequence[Interval]) -> list[Interval]:
  """Returns what lies between intervals that follow one another."""
  return [
    (end, begin)
    for (_, end), (begin, _) in itertools.pairwise(found)
    if begin > end
  ]


def length(found: Iterable[Interval]) -> float:
  """Returns the seconds of all intervals together."""
  return sum(end - begin for begin, end in found)


def union(found: Iterable[Interval]) -> list[Interval]:
  """Returns intervals that do not meet, for those that may lie in others."""
  merged: list[Interval] = []
  for begin, end in sorted(found):
    if merged and begin <= merged[-1][1]:
      begin, before = merged.pop()
      end = max(before, end)
    merged.append((begin, end))
  return merged


def within(found: Iterable[Interval], others: Iterable[Interval]) -> float:
  """Returns the seconds in which one of each kind is under way.

  Args:
    found: intervals that do not meet one another.
    others: the same.
  """
  others = list(others)
  return sum(
    max(0.0, min(end, stop) - max(begin, start))
    for begin, end in found
    for start, stop in others
  )
