"""Timing of several ways to do the same work, in turn."""

import statistics
import time
from collections.abc import Callable, Mapping

import rich
from rich import table as table_lib

Way = Callable[[], object]


def alternate(ways: Mapping[str, Way], rounds: int) -> dict[str, list[float]]:
  """Returns the seconds that each way took in each round.

  The ways take turns, so that a machine that slows down slows all of them. One
  round before the first is not counted: it compiles.

  Args:
    ways: name -> work, which returns only when it is done.
    rounds: how often each way is timed.
  """
  for way in ways.values():
    way()
  seconds: dict[str, list[float]] = {name: [] for name in ways}
  for _ in range(rounds):
    for name, way in ways.items():
      began = time.perf_counter()
      way()
      seconds[name].append(time.perf_counter() - began)
  return seconds


def show(title: str, seconds: Mapping[str, list[float]]) -> None:
  """Prints the times, and how much longer than the first way the others took.

  A ratio is the median of the rounds' ratios; above 1 the first way is faster.

  Args:
    title: what was measured.
    seconds: from `alternate`.
  """
  table = table_lib.Table(title=title, title_justify='left')
  table.add_column('way')
  for name in ('seconds', 'min', 'max', 'ratio', 'lowest', 'highest'):
    table.add_column(name, justify='right')
  first = next(iter(seconds.values()))
  for name, taken in seconds.items():
    ratios = [other / own for other, own in zip(taken, first)]
    figures = [
      pick(values)
      for values in (taken, ratios)
      for pick in (statistics.median, min, max)
    ]
    table.add_row(name, *(f'{figure:.3f}' for figure in figures))
  rich.print(table)
