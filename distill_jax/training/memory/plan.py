"""The lines of a run's plan on the memory of its steps."""

import dataclasses
import functools
from typing import Any

import jax
import optax

from distill_jax.training import partition, phases, trained
from distill_jax.training import step as step_lib
from distill_jax.training.memory import need
from distill_jax.training.memory import planned as planned_lib

_GIB = 2**30
ABOUT = ('           for rows as long as they may be',)


def rows(run: Any, split: Any = None) -> list[str]:
  """Returns a line on each update of each phase of a student's run.

  Nothing is compiled; see `need.of_step`.

  Args:
    run: what would be trained.
    split: the training split where its tokens are there: then the first batch
      is told of, and the longest that there may be; otherwise that alone.
  """
  mesh = run.mesh.build()
  found = [row(run, one, mesh) for one in planned_lib.updates(run, mesh, split)]
  return found if split else [*found, *ABOUT[: len(found)]]


def row(
  run: Any,
  planned: planned_lib.Planned,
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
