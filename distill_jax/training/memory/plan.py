"""The lines of a run's plan on the memory of its steps."""

import dataclasses
import functools
from typing import Any

import jax
import numpy as np

from distill_jax import batch as batch_lib
from distill_jax.data import rooms as rooms_lib
from distill_jax.training import partition, phases, trained
from distill_jax.training import run as run_lib
from distill_jax.training import step as step_lib
from distill_jax.training.memory import need

_GIB = 2**30


def rows(run: Any, split: Any = None) -> list[str]:
  """Returns a line on each update of each phase of a student's run.

  Nothing is compiled; see `need.of_step`. Runs that search passages within the
  step, and those without a student, have no such line.

  Args:
    run: what would be trained.
    split: the training split where its tokens are there: then the first batch
      is told of, and the longest that there may be; otherwise that alone.
  """
  if not isinstance(run, run_lib.Run) or run.search:
    return []
  mesh = run.mesh.build()
  found = []
  for number, phase in enumerate(run.phases, start=1):
    share = phase.batch_size // mesh.shape['data']
    own = dataclasses.replace(phase, batch_size=share)
    batch = _first(run, own, split) if split else _longest(run, own)
    for update in phase.updates:
      found.append(f'memory {number}   {update.network}: ')
      of = functools.partial(of_update, run.networks, phase, update, mesh=mesh)
      try:
        found[-1] += told(of(batch), mesh)
        if batch.rooms:
          longest = of(dataclasses.replace(batch, rooms=()))
          found[-1] += f'; {longest.total / _GIB:.2f} for the longest rows'
      except ValueError as error:  # an objective that needs a missing file
        found[-1] += f'not known yet: {error}'
  if found and not split:
    found.append('           for rows as long as they may be')
  return found


def told(needed: need.Need, mesh: jax.sharding.Mesh) -> str:
  """Returns what a need says to a reader."""
  parts = ', '.join(
    f'{getattr(needed, field.name) / _GIB:.2f} {field.name}'
    for field in dataclasses.fields(needed)
  )
  most = 'at most ' if mesh.shape['model'] > 1 else ''
  return f'{most}{needed.total / _GIB:.2f} GiB on a device: {parts}'


def of_update(
  networks: dict[str, Any],
  phase: phases.Phase,
  update: phases.Update,
  batch: Any,
  mesh: jax.sharding.Mesh,
) -> need.Need:
  """Returns what one update of a phase needs on each device.

  Args:
    networks: by name.
    phase: that the update belongs to.
    update: which network moves on which objective.
    batch: shapes of the rows of one device.
    mesh: the devices.
  """
  shapes = {
    name: partition.abstract_parameters(mesh, network)
    for name, network in networks.items()
  }
  own = shapes.pop(update.network)
  transform = trained.only(
    update.optimizer.build(update.count(phase.steps)), networks[update.network]
  )
  moments = partition.init_optimizer(mesh, transform, own)
  step = step_lib.make(update, transform, phase.accumulate)
  return need.of_step(step, own, moments, shapes, batch)


def _first(run: Any, phase: phases.Phase, split: Any) -> batch_lib.Batch:
  """Returns the first batch, with room for what a student will write."""
  loader = run.loader(split, phase, 0)
  batch = loader.batch(0)
  written = phase.negatives.num if phase.negatives else 0
  # What a student writes is taken to be as long as what it learns from.
  texts = np.resize(
    batch.positives, (len(batch.weights), written, batch.positives.shape[-1])
  )
  batch = dataclasses.replace(
    batch,
    negatives=np.concatenate([batch.negatives, texts], axis=1),
    negative_valid=np.pad(batch.negative_valid, ((0, 0), (0, written))),
  )
  ladder = rooms_lib.Ladder(
    loader, accumulate=phase.accumulate, written=written
  )
  return jax.eval_shape(lambda: ladder.fit(batch))


def _longest(run: Any, phase: phases.Phase) -> batch_lib.Batch:
  """Returns the shapes of a batch whose rows are as long as they may be."""
  lengths, candidates = run.source.lengths, phase.candidates
  positives, negatives = candidates.num_positives, candidates.num_negatives
  negatives += phase.negatives.num if phase.negatives else 0
  shape = lambda dtype, *axes: jax.ShapeDtypeStruct(
    (phase.batch_size, *axes), dtype
  )
  ids = lambda *axes: shape(np.int32, *axes)
  return batch_lib.Batch(
    label_inputs=ids(lengths.inputs),
    label_targets=ids(lengths.label),
    rationale_inputs=ids(lengths.inputs),
    questions=ids(lengths.inputs),
    positives=ids(positives, lengths.rationale),
    negatives=ids(negatives, lengths.rationale),
    positive_valid=shape(np.bool_, positives),
    negative_valid=shape(np.bool_, negatives),
    weights=shape(np.float32),
    example_index=ids(),
  )
