"""The loop: phases of steps, and what happens between them.

A run can be killed at any moment and started again with the same command: it
goes on from its newest checkpoint and ends with the same parameters as a run
that was never disturbed. Everything that depends on chance is a function of the
seed and the step; everything else is in the checkpoint.
"""

import contextlib
import logging
import signal
import time
from typing import Any

import jax
from etils import epath

from distill_jax import processes
from distill_jax.training import best as best_lib
from distill_jax.training import (
  checkpoints,
  compilation,
  experiment,
  finite,
  interrupts,
  metrics,
  partition,
  skipping,
  untrained,
)
from distill_jax.training import folder as folder_lib
from distill_jax.training import runner as runner_lib

_log = logging.getLogger(__name__)


def train(run: experiment.Experiment, config: str) -> None:
  """Trains, validates, saves and finally tests a run.

  Args:
    run: what to train.
    config: its configuration as text, which the run's folder keeps.

  Raises:
    ValueError: if the folder belongs to another run or to other data, the data
      cannot be used, or no checkpoint can be read.
    OSError: if a checkpoint cannot be written.
    finite.NonFiniteError: if a loss or a parameter became NaN or infinite, or
      too many updates were skipped.
    SystemExit: with 128 + the signal's number after SIGTERM or Ctrl-C, when the
      run has been saved.
  """
  run.check()
  if not folder_lib.has_checkpoint(run.model_dir):
    run.check_initials()
  compilation.use_cache()
  # Everything that can be refused is refused before the folder is claimed.
  processes.led(run.check_data)
  data = run.described()
  with folder_lib.owned(run.model_dir, config, data) as folder:
    if run.phases:
      _train(run, folder)
    else:
      untrained.keep(run, folder)
    run.test(folder)


def _train(run: experiment.Experiment, folder: epath.Path) -> None:
  """Goes through what is left of the phases."""
  with interrupts.Interrupts() as caught:
    trainer = Trainer(run, folder, caught)
    # What is lost is noticed before anything is closed: that would wait for it.
    with contextlib.closing(trainer), processes.together():
      trainer.train()
  if trainer.stopped_by:
    raise SystemExit(128 + trainer.stopped_by)


class Trainer:
  """A run in progress.

  Args:
    run: what to train.
    folder: of the run.
    caught: the signals received so far.

  Attributes:
    stopped_by: the signal that the run was left for; 0 if none.
  """

  def __init__(
    self,
    run: experiment.Experiment,
    folder: epath.Path,
    caught: interrupts.Interrupts,
  ):
    self._run = run
    self._caught = caught
    self._began = time.monotonic()
    self._folder = folder
    self._mesh = run.mesh.build()
    self._poll = processes.Poll(self._mesh)
    self.stopped_by = 0
    self._split = run.open()
    self._validator = run.validator(self._mesh)
    self._store = checkpoints.Store(
      folder / 'checkpoints', run.checkpoints.keep
    )
    self._abstract = {
      name: partition.abstract_parameters(self._mesh, network)
      for name, network in run.networks.items()
    }
    self._best = best_lib.Best(
      folder,
      {name: self._abstract[name] for name in run.kept},
      run.about(),
      run.rank,
    )
    self._runner, self._step = self._resume()
    self._history = metrics.history(folder, self._step)
    self._progress = metrics.Progress(run.steps, self._step)
    self._saved_at, self._saves = time.monotonic(), 0
    self._first = True

  def close(self) -> None:
    """Waits for what is being written."""
    with contextlib.ExitStack() as stack:  # all, even if one cannot
      stack.callback(self._history.close)
      stack.callback(self._best.close)
      stack.callback(self._store.close)

  def train(self) -> None:
    """Runs all that is left of all phases, or until a signal comes."""
    while True:
      self._train_phase()
      if self.stopped_by:
        return
      number = self._run.phase_at(self._step) + 1
      if number == len(self._run.phases):
        self._ensure_best()
        (self.stopped_by,) = self._poll.now(self._caught.received)
        return
      if self._step == self._run.first_step(number):
        self._runner = self._enter(number, self._runner.params)

  def _resume(self) -> tuple[runner_lib.PhaseRunner, int]:
    """Returns the phase to go on with and the steps done."""
    runners: dict[int, runner_lib.PhaseRunner] = {}

    def like(step: int) -> Any:
      number = self._run.phase_at(step)
      runners[number] = self._enter(number, dict(self._abstract))
      return runners[number].state()

    found = self._store.load_newest(like)
    at, counts = (found[0], found[2].get('skipped', {})) if found else (0, {})
    most = self._run.max_skipped
    self._skips = skipping.Skips(self._folder, most, at, counts)
    if found is None:
      self._meter = metrics.Meter()
      return self._enter(0, self._run.initial_params(self._mesh)), 0
    step, state, facts = found
    self._meter = metrics.Meter(facts['window'])
    runner = runners[self._run.phase_at(step)]
    runner.restore(state)
    _log.info('Going on from step %d', step)
    return runner, step

  def _enter(self, number: int, params: Any) -> runner_lib.PhaseRunner:
    return runner_lib.PhaseRunner(
      self._run, number, self._mesh, self._split, params
    )

  def _train_phase(self) -> None:
    runner = self._runner
    done = self._step - runner.first_step
    if done == 0:
      runner.write_negatives(0)
    for step, batch in runner.batches(done):
      self._meter.add(self._skips.take(step, runner.advance(step, batch)))
      self._step += 1
      if self._first:
        self._first = False
        jax.block_until_ready(runner.params)
        seconds = time.monotonic() - self._began
        _log.info('First step after %.1f s', seconds)
      self._after(step + 1)
      if self.stopped_by:
        self._leave()
        return

  def _after(self, done: int) -> None:
    """Does what is due after `done` steps of the phase."""
    run, phase = self._run, self._runner.phase
    ended = done == phase.steps
    if ended or done % run.log_every == 0:
      self._log()
    if self._runner.periods_due(done):
      # A skipped batch is kept with its negatives, and those of an earlier
      # period are about to be overwritten.
      self._look()
    self._runner.write_negatives(done)
    if ended or done % run.validation.every == 0:
      self._validate()
    waited = time.monotonic() - self._saved_at
    # The answer comes late: the number tells whether it was saved since.
    due = self._saves + 1 if waited >= run.checkpoints.every_seconds else 0
    self.stopped_by, asked = self._poll.ask(self._caught.received, due)
    late = asked > self._saves
    if ended or late or done % run.checkpoints.every_steps == 0:
      self._save()

  def _log(self) -> None:
    self._look()
    values = self._meter.take() | self._skips.row()
    finite.check_values(self._step, values)
    self._history.write(self._step, values)
    self._progress.log(self._step, values)

  def _look(self) -> None:
    self._skips.look(self._runner.first_step, self._runner.batch)

  def _validate(self) -> None:
    """Validates what the phase moves; keeps the network to keep if it is best.

    The one to keep comes last, as it does in `metrics.jsonl`.
    """
    names = [name for name in self._run.networks if name != self._run.best]
    values = {}
    for name in [*names, self._run.best]:
      if not self._runner.phase.trains(name):
        continue
      values |= self._offer() if name == self._run.best else self._measure(name)
    if not values:
      return
    values = {f'validation/{name}': value for name, value in values.items()}
    self._history.write(self._step, values)
    _log.info('step %d  %s', self._step, metrics.shown(values))

  def _measure(self, name: str) -> dict[str, float]:
    return self._validator.measure(name, self._runner.params)

  def _offer(self) -> dict[str, float]:
    """Validates the network to keep, and keeps it if it is best."""
    found = self._measure(self._run.best)
    finite.check_values(self._step, found)
    self._best.offer(self._step, self._runner.params, found)
    return found

  def _ensure_best(self) -> None:
    """Takes the last network where the best one was lost."""
    name = self._run.best
    trained = any(phase.trains(name) for phase in self._run.phases)
    if trained and self._best.empty:
      self._offer()

  def _save(self) -> None:
    self._look()
    window, state = self._meter.sums(), self._runner.state()
    finite.check_values(
      self._step, {name: total for name, (total, _) in window.items()}
    )
    finite.check_networks(self._step, 'parameters', state['params'])
    finite.check_networks(self._step, 'moments', state['optimizers'])
    # Whoever goes on from here will not offer an earlier student again.
    self._best.wait()
    facts = {'window': window, 'skipped': self._skips.counts}
    self._store.save(self._step, state, facts)
    self._saved_at = time.monotonic()
    self._saves += 1

  def _leave(self) -> None:
    self._save()
    self._store.wait()
    name = signal.Signals(self.stopped_by).name
    _log.info(
      '%s: saved at step %d; the same command goes on', name, self._step
    )
