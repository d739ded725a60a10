"""The lines of a run's plan on the memory of its steps."""

import dataclasses
import functools
from typing import Any

import jax
import numpy as np
import optax

from distill_jax import batch as batch_lib
from distill_jax.data import rooms as rooms_lib
from distill_jax.training import partition, phases, trained
from distill_jax.training import run as run_lib
from distill_jax.training import step as step_lib
from distill_jax.training.memory import need

_GIB = 2**30


@dataclasses.dataclass(frozen=True, kw_only=True)
class Planned:
  """An update of a phase, and the rows that it is planned for.

  Attributes:
    number: of the phase, from 1.
    phase: that the update belongs to.
    update: which network moves on which objective.
    batch: shapes of the rows of one device.
  """

  number: int
  phase: phases.Phase
  update: phases.Update
  batch: batch_lib.Batch


def updates(
  run: Any, mesh: jax.sharding.Mesh, split: Any = None
) -> list[Planned]:
  """Returns each update of each phase of a student's run.

  Runs that search passages within the step, and those without a student, have
  none here.

  Args:
    run: what would be trained.
    mesh: the devices.
    split: the training split where its tokens are there: then the first batch
      is planned for, otherwise one whose rows are as long as they may be.
  """
  if not isinstance(run, run_lib.Run) or run.search:
    return []
  found = []
  for number, phase in enumerate(run.phases, start=1):
    share = phase.batch_size // mesh.shape['data']
    own = dataclasses.replace(phase, batch_size=share)
    batch = _first(run, own, split) if split else _longest(run, own)
    found += [
      Planned(number=number, phase=phase, update=update, batch=batch)
      for update in phase.updates
    ]
  return found


def rows(run: Any, split: Any = None) -> list[str]:
  """Returns a line on each update of each phase of a student's run.

  Nothing is compiled; see `need.of_step`.

  Args:
    run: what would be trained.
    split: the training split where its tokens are there: then the first batch
      is told of, and the longest that there may be; otherwise that alone.
  """
  mesh = run.mesh.build()
  found = [row(run, one, mesh) for one in updates(run, mesh, split)]
  return found if split else [*found, *ABOUT[: len(found)]]


ABOUT = ('           for rows as long as they may be',)


def row(
  run: Any,
  planned: Planned,
  mesh: jax.sharding.Mesh,
  compiler: need.Compiler | None = None,
) -> str:
  """Returns the line on an update; see `need.of_step` for the compiler."""
  batch = planned.batch
  of = functools.partial(
    of_update,
    run.networks,
    planned.phase,
    planned.update,
    mesh=mesh,
    compiler=compiler,
  )
  said = f'memory {planned.number}   {planned.update.network}: '
  try:
    said += told(of(batch), mesh)
    if batch.rooms:
      longest = of(dataclasses.replace(batch, rooms=()))
      said += f'; {longest.total / _GIB:.2f} for the longest rows'
  except ValueError as error:  # an objective that needs a missing file
    said += f'not known yet: {error}'
  return said


def told(needed: need.Need, mesh: jax.sharding.Mesh) -> str:
  """Returns what a need says to a reader."""
  parts = ', '.join(
    f'{getattr(needed, field.name) / _GIB:.2f} {field.name}'
    for field in dataclasses.fields(needed)
  )
  most = 'at most ' if mesh.shape['model'] > 1 else ''
  return f'{most}{needed.total / _GIB:.2f} GiB on a device: {parts}'


@dataclasses.dataclass(frozen=True, kw_only=True)
class State:
  """What an update moves and reads, as shapes, types and places.

  Attributes:
    transform: the optimizer.
    own: parameters of the network that is moved.
    moments: state of its optimizer.
    others: parameters of the other networks, by name.
  """

  transform: optax.GradientTransformation
  own: Any
  moments: Any
  others: dict[str, Any]


def state(
  networks: dict[str, Any],
  phase: phases.Phase,
  update: phases.Update,
  mesh: jax.sharding.Mesh,
) -> State:
  """Returns the state of one update; nothing is allocated."""
  shapes = {
    name: partition.abstract_parameters(mesh, network)
    for name, network in networks.items()
  }
  own = shapes.pop(update.network)
  transform = trained.only(
    update.optimizer.build(update.count(phase.steps)), networks[update.network]
  )
  moments = partition.init_optimizer(mesh, transform, own)
  return State(transform=transform, own=own, moments=moments, others=shapes)


def of_update(
  networks: dict[str, Any],
  phase: phases.Phase,
  update: phases.Update,
  batch: Any,
  mesh: jax.sharding.Mesh,
  compiler: need.Compiler | None = None,
) -> need.Need:
  """Returns what one update of a phase needs on each device.

  Args:
    networks: by name.
    phase: that the update belongs to.
    update: which network moves on which objective.
    batch: shapes of the rows of one device.
    mesh: the devices.
    compiler: see `need.of_step`.
  """
  found = state(networks, phase, update, mesh)
  step = step_lib.make(update, found.transform, phase.accumulate)
  return need.of_step(
    step, found.own, found.moments, found.others, batch, compiler
  )


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
