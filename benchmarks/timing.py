"""Timing of several ways to do the same work, in turn."""

import statistics
import time
from collections.abc import Callable, Mapping

import rich
from rich import table as table_lib

Way = Callable[[], object]


class Missing(Exception):
  """A way cannot be had on this machine; the message is a sentence."""


def missing(reason: object) -> Way:
  """Returns a way that is left out for a reason, such as an ImportError."""

  def run() -> None:
    raise Missing(f'{str(reason).rstrip(".")}.')

  return run


def alternate(ways: Mapping[str, Way], rounds: int) -> dict[str, list[float]]:
  """Returns the seconds that each way took in each round.

  The ways take turns, so that a machine that slows down slows all of them. One
  round before the first is not counted: it compiles. A way that raises
  `Missing` there is left out, and its sentence printed.

  Args:
    ways: name -> work, which returns only when it is done.
    rounds: how often each way is timed.
  """
  found = {}
  for name, way in ways.items():
    try:
      way()
    except Missing as reason:
      print(f'{name} is left out: {reason}')
    else:
      found[name] = way
  seconds: dict[str, list[float]] = {name: [] for name in found}
  for _ in range(rounds):
    for name, way in found.items():
      began = time.perf_counter()
      way()
      seconds[name].append(time.perf_counter() - began)
  return seconds


def ratios(seconds: Mapping[str, list[float]]) -> dict[str, dict[str, float]]:
  """Returns of each way how much longer than the first it took.

  The median, the lowest and the highest of the ratios of the rounds; above 1
  the first way is faster.

  Args:
    seconds: from `alternate`.
  """
  first = next(iter(seconds.values()))
  return {
    name: _summary([other / own for other, own in zip(taken, first)])
    for name, taken in seconds.items()
  }


def show(title: str, seconds: Mapping[str, list[float]]) -> None:
  """Prints the times, and how much longer than the first way the others took.

  Args:
    title: what was measured.
    seconds: from `alternate`.
  """
  table = table_lib.Table(title=title, title_justify='left')
  table.add_column('way')
  for name in ('seconds', 'min', 'max', 'ratio', 'lowest', 'highest'):
    table.add_column(name, justify='right')
  found = ratios(seconds)
  for name, taken in seconds.items():
    figures = [*_summary(taken).values(), *found[name].values()]
    table.add_row(name, *(f'{figure:,.4g}' for figure in figures))
  rich.print(table)


def _summary(values: list[float]) -> dict[str, float]:
  return {
    'median': statistics.median(values),
    'lowest': min(values),
    'highest': max(values),
  }
