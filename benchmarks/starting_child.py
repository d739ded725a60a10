"""A run that ends after its first step and says when it came to what."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

from distill_jax import train
from distill_jax.cli import pages


def main(began: float, cache: str, argv: list[str]) -> None:
  """Prints the seconds of each part of a start, the whole first.

  Args:
    began: `time.time()` when the process was started.
    cache: folder of compiled programs, in place of the user's.
    argv: arguments of `train`.
  """
  import jax

  from distill_jax.training import compilation, loop, runner
  from distill_jax.training import run as run_lib

  imported = time.time()
  spent = {'the run': 0.0, 'data': 0.0, 'compiling': 0.0}

  def count(event: str, seconds: float, **_: Any) -> None:
    if '/compile/' in event or '/compilation_cache/' in event:
      spent['compiling'] += _own(event, seconds)

  jax.monitoring.register_event_duration_secs_listener(count)

  def moved(original: Callable) -> Callable:
    def use_cache() -> None:
      original()
      jax.config.update('jax_compilation_cache_dir', cache)

    return use_cache

  def entered(original: Callable) -> Callable:
    def train(*args: Any) -> None:
      spent['the run'] = time.time() - imported
      original(*args)

    return train

  def timed(original: Callable) -> Callable:
    def call(*args: Any) -> Any:
      since = time.time()
      found = original(*args)
      spent['data'] += time.time() - since
      return found

    return call

  def last(original: Callable) -> Callable:
    def advance(self: Any, *args: Any) -> None:
      jax.block_until_ready((original(self, *args), self.params))
      _tell(began, imported, spent)

    return advance

  kind = run_lib.Run
  with (
    mock.patch.object(compilation, 'use_cache', moved(compilation.use_cache)),
    mock.patch.object(loop, 'train', entered(loop.train)),
    mock.patch.object(kind, 'check_data', timed(kind.check_data)),
    mock.patch.object(kind, 'described', timed(kind.described)),
    mock.patch.object(kind, 'open', timed(kind.open)),
    mock.patch.object(
      runner.PhaseRunner, 'advance', last(runner.PhaseRunner.advance)
    ),
  ):
    sys.argv[1:] = argv
    train.main()


def _own(event: str, seconds: float) -> float:
  """Returns the seconds of an event that is no part of another one."""
  own = ('jaxpr_trace', 'jaxpr_to_mlir', 'backend_compile')
  return seconds if any(name in event for name in own) else 0.0


def _tell(began: float, imported: float, spent: dict[str, float]) -> None:
  whole = time.time() - began
  imports = imported - began
  rest = whole - imports - sum(spent.values())
  parts = {'start to first step': whole, 'imports': imports, **spent}
  for name, value in {**parts, 'what is left': rest}.items():
    print(f'{name}: {value:.3f}', flush=True)
  os._exit(0)


if __name__ == '__main__':
  pages.enlarge(__spec__)  # as `train` does, with what it has imported by then
  main(float(sys.argv[1]), sys.argv[2], sys.argv[3:])
