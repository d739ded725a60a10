"""Timing of several ways to do the same work, in turn."""

import statistics
import time
from collections.abc import Callable, Mapping

import rich
from rich import table as table_lib

_WARM_UP = 1  # rounds

Way = Callable[[], object]


class Missing(Exception):
  """A way cannot be had on this machine; the message is a sentence."""


def missing(reason: object) -> Way:
  """Returns a way that is left out for a reason, such as an ImportError."""

  def run() -> None:
    raise Missing(f'{str(reason).rstrip(".")}.')

  return run


def is_out_of_memory(error: Exception) -> bool:
  """Returns whether jax or torch had no memory left."""
  said = ('RESOURCE_EXHAUSTED', 'out of memory', "can't allocate memory")
  return isinstance(error, MemoryError) or (
    isinstance(error, RuntimeError) and any(one in str(error) for one in said)
  )


def short(error: Exception) -> str:
  """Returns an error's kind and the first line of what it says."""
  said = str(error).strip().splitlines() or ['']
  return f'{type(error).__name__}: {said[0]}'


def alternate(ways: Mapping[str, Way], rounds: int) -> dict[str, list[float]]:
  """Returns the seconds that each way took in each round.

  The ways take turns, so that a machine that slows down slows all of them. A
  way is called twice in its turn and the second call counts, which follows one
  of its own kind as a step does in training: what the others did has cost it
  caches and memory. A round before the first is not counted: it compiles, torch
  for lengths that differ in the second call. A way that raises `Missing`, or
  finds no memory, is left out from then on, and a sentence printed.

  Args:
    ways: name -> work, which returns only when it is done.
    rounds: how often each way is timed.
  """
  seconds: dict[str, list[float]] = {name: [] for name in ways}
  for _ in range(_WARM_UP + rounds):
    for name in list(seconds):
      taken = _timed(name, ways[name])
      if taken is None:
        del seconds[name]
      else:
        seconds[name].append(taken)
  return {name: taken[_WARM_UP:] for name, taken in seconds.items()}


def _timed(name: str, way: Way) -> float | None:
  """Returns the seconds of a second call, None where there can be none."""
  try:
    way()
    began = time.perf_counter()
    way()
    return time.perf_counter() - began
  except Missing as reason:
    print(f'{name} is left out: {reason}')
    return None
  except (RuntimeError, MemoryError) as error:
    if not is_out_of_memory(error):
      raise
    print(f'{name} is left out, for it finds no memory: {short(error)}')
    return None


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
