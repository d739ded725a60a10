"""One phase of a run: its batches, its updates, its queue of negatives."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from distill_jax import processes
from distill_jax.losses import mean
from distill_jax.students import sampling as sampling_lib
from distill_jax.students import writing
from distill_jax.training import (
  experiment,
  negatives_queue,
  partition,
  trained,
)
from distill_jax.training import step as step_lib


class PhaseRunner:
  """Moves the networks through one phase.

  Args:
    run: the run.
    number: which of its phases.
    mesh: the devices.
    split: what the run's `open` returned.
    params: parameters by network; updated in place as the phase goes.
  """

  def __init__(
    self,
    run: experiment.Experiment,
    number: int,
    mesh: jax.sharding.Mesh,
    split: Any,
    params: dict[str, Any],
  ):
    self.phase = run.phases[number]
    self.first_step = run.first_step(number)
    self.params = params
    self._mesh = mesh
    self._student = run.networks.get('student')
    self._key = jax.random.key(run.seed)
    self._constants = run.constants(mesh)
    self.loader = run.loader(split, self.phase, _phase_seed(run.seed, number))
    self._ladder = run.ladder(self.loader, self.phase, mesh)
    self._steps: dict[str, step_lib.Step] = {}
    self.optimizers: dict[str, Any] = {}
    for update in self.phase.updates:
      transform = trained.only(
        update.optimizer.build(update.count(self.phase.steps)),
        run.networks[update.network],
      )
      own = params[update.network]
      optimizer = partition.init_optimizer(mesh, transform, own)
      self._steps[update.network] = step_lib.make(
        update,
        transform,
        self.phase.accumulate,
        jax.tree.map(lambda x: x.sharding, (own, optimizer)),
      )
      self.optimizers[update.network] = optimizer
    settings = self.phase.negatives
    self.queue = settings and negatives_queue.Queue(
      settings, self.loader, run.source.vocabulary
    )
    fixed = settings and settings.writer
    self._fixed = fixed and fixed.params(mesh, self._student, self._key)

  def state(self) -> dict[str, Any]:
    """Returns everything that a checkpoint keeps."""
    state = {
      'params': dict(self.params),
      'optimizers': dict(self.optimizers),
    }
    if self.queue:
      whole = partition.replicated(self._mesh)
      state['negatives'] = {
        name: partition.put(array, whole)
        for name, array in self.queue.state().items()
      }
    return state

  def restore(self, state: Mapping[str, Any]) -> None:
    """Takes over the state of a checkpoint of this phase."""
    self.params.update(state['params'])
    self.optimizers.update(state['optimizers'])
    if self.queue:
      self.queue.restore(state['negatives'])

  def batches(self, done: int) -> Iterator[tuple[int, Any]]:
    """Yields (step of the phase, batch) for the steps after `done`."""
    for step, batch in self.loader.prefetch(done):
      if step >= self.phase.steps:
        return
      yield step, batch

  def batch(self, step: int) -> Any:
    """Returns the batch of a step of the phase, not yet padded to a rung."""
    batch = self.loader.batch(step)
    return self.queue.attach(step, batch) if self.queue else batch

  def advance(self, step: int, batch: Any) -> mean.Terms:
    """Makes the updates of one step and returns all their terms.

    Args:
      step: of the phase, from 0.
      batch: as the loader made it.
    """
    if self.queue:
      batch = self.queue.attach(step, batch)
    if self._ladder:
      batch = self._ladder.fit(batch)
    batch = partition.put_batch(self._mesh, batch)
    terms: mean.Terms = {}
    for update in self.phase.updates:
      if not update.due(step):
        continue
      name = update.network
      others = {k: v for k, v in self.params.items() if k != name}
      others |= self._constants
      self.params[name], self.optimizers[name], found = self._steps[name](
        self.params[name],
        self.optimizers[name],
        others,
        batch,
        self._key,
        np.uint32(self.first_step + step),
        np.float32(update.weight(step)),
      )
      terms |= found
    return terms

  def periods_due(self, done: int) -> Sequence[int]:
    """Returns the periods that `write_negatives` would write for."""
    if not self.queue:
      return ()
    return self.phase.negatives.periods_to_write(done, self.phase.steps)

  def write_negatives(self, done: int) -> int:
    """Lets the student write for later periods; returns how many it did.

    Args:
      done: steps of the phase that are done.
    """
    periods = self.periods_due(done)
    for period in periods:
      self.queue.write(period, self.phase.steps, self._writer(period))
    return len(periods)

  def _writer(self, period: int) -> negatives_queue.Writer:
    sampling = sampling_lib.Temperature(
      temperature=self.phase.negatives.temperature,
      max_tokens=self.queue.max_tokens,
    )
    key = jax.random.fold_in(self._key, self.first_step + period)
    params = self._fixed or self.params['student']

    def write(inputs, examples, sample):
      given = partition.put_batch(self._mesh, (inputs, examples))
      own = jax.random.fold_in(key, sample)
      return processes.whole(
        writing.write(self._student, sampling, params, *given, own)
      )

    return write


def _phase_seed(seed: int, number: int) -> int:
  """Returns a seed that no other phase of any seed shares."""
  return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
