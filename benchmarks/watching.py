"""A run that is watched: when steps begin and end, and what else it does."""

import contextlib
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import jax

from benchmarks import intervals


class _Done(Exception):
  """Enough was seen."""


class Watch:
  """Notes what happens in `number` steps of a phase, and then ends the run.

  Attributes:
    steps: when each call of a step was handed over and when it was done.
    occupied: what the host did in that time, by name; 'compile' too.
    number: of steps that were watched.
    alone: seconds of the phase's first update, called back to back.

  Args:
    phase: from 0.
    skip: steps of the phase that are not watched, for they compile.
    number: of steps to watch; the phase has at least one more.
  """

  def __init__(self, phase: int, skip: int, number: int):
    self.number = number
    self.steps: list[intervals.Interval] = []
    self.alone = float('nan')
    self.occupied: dict[str, list[intervals.Interval]] = {
      name: [] for name in ('log', 'save', 'validate', 'negatives', 'compile')
    }
    self._phase, self._skip = phase, skip
    self._seen = -1
    self._calls: queue.Queue = queue.Queue()
    self._compiled_until = 0.0

  def run(self) -> None:
    """Trains as `distill_jax.train` does with the arguments of the process.

    Raises:
      SystemExit: with a sentence, if the run has no such phase or steps.
    """
    from distill_jax import train

    jax.monitoring.register_event_duration_secs_listener(self._compiled)
    thread = threading.Thread(target=self._wait_for_steps)
    thread.start()
    with contextlib.ExitStack() as stack:
      stack.callback(thread.join)
      stack.callback(self._calls.put, None)
      for patch in self._patches():
        stack.enter_context(patch)
      stack.enter_context(contextlib.suppress(_Done))
      train.main()

  def _patches(self) -> Iterator[Any]:
    from distill_jax.training import loop, runner
    from distill_jax.training import step as step_lib

    replaced = [
      (loop.Trainer, '_log', 'log'),
      (loop.Trainer, '_save', 'save'),
      (loop.Trainer, '_validate', 'validate'),
    ]
    for owner, method, name in replaced:
      noted = self._noted(name, getattr(owner, method))
      yield mock.patch.object(owner, method, noted)
    kind = runner.PhaseRunner
    write = self._noted('negatives', _awaited(kind.write_negatives))
    yield mock.patch.object(kind, 'write_negatives', write)
    yield mock.patch.object(loop, 'train', self._checked(loop.train))
    advance = self._advance(runner.PhaseRunner.advance)
    yield mock.patch.object(runner.PhaseRunner, 'advance', advance)
    yield mock.patch.object(step_lib, 'make', self._make(step_lib.make))

  @property
  def _watching(self) -> bool:
    return self._seen >= self._skip

  def _checked(self, original: Callable) -> Callable:
    def train(run: Any, config: str) -> None:
      if not 0 <= self._phase < len(run.phases):
        raise SystemExit(
          f'waiting: --phase={self._phase}, and the run has '
          f'{len(run.phases)} phases, of which 0 is the first.'
        )
      steps, needed = run.phases[self._phase].steps, self._skip + self.number
      if steps <= needed:
        raise SystemExit(
          f'waiting: phase {self._phase} has {steps:,} steps, and --skip and '
          f'--steps need {needed + 1:,}; ask for fewer.'
        )
      original(run, config)

    return train

  def _noted(self, name: str, original: Callable) -> Callable:
    def call(*args: Any) -> Any:
      began = time.perf_counter()
      try:
        return original(*args)
      finally:
        if self._watching:
          self.occupied[name].append((began, time.perf_counter()))

    return call

  def _advance(self, original: Callable) -> Callable:
    phases: list[Any] = []

    def advance(runner: Any, step: int, batch: Any) -> Any:
      if runner not in phases:
        phases.append(runner)
      if len(phases) - 1 == self._phase:
        self._seen = step
      if self._seen == self._skip + self.number:
        raise _Done
      return original(runner, step, batch)

    return advance

  def _make(self, original: Callable) -> Callable:
    def make(update: Any, *args: Any) -> Callable:
      step = original(update, *args)
      last = self._skip + self.number - 1

      def call(*inputs: Any) -> Any:
        began = time.perf_counter()
        found = step(*inputs)
        if self._watching:
          began = max(began, self._compiled_until)
          self._calls.put((began, found[2]))
          if self._seen == last and math.isnan(self.alone):
            found = self._again(step, found, inputs)
        return found

      return call

    return make

  def _again(self, step: Callable, found: Any, inputs: Any) -> Any:
    """Calls the step back to back, when the last watched one is done."""
    self._calls.join()
    jax.block_until_ready(found)
    began = time.perf_counter()
    for _ in range(self.number):
      found = step(*found[:2], *inputs[2:])
    jax.block_until_ready(found)
    self.alone = (time.perf_counter() - began) / self.number
    return found

  def _wait_for_steps(self) -> None:
    while (call := self._calls.get()) is not None:
      given, terms = call
      jax.block_until_ready([(one.total, one.count) for one in terms.values()])
      self.steps.append((given, time.perf_counter()))
      self._calls.task_done()

  def _compiled(self, event: str, seconds: float, **_: Any) -> None:
    if 'backend_compile' in event and self._watching:
      now = time.perf_counter()
      self._compiled_until = now
      self.occupied['compile'].append((now - seconds, now))


def _awaited(original: Callable) -> Callable:
  """Returns the writing of negatives that ends when all of them are there."""

  def write(runner: Any, done: int) -> int:
    written = original(runner, done)
    if written:
      runner.queue.state()
    return written

  return write
