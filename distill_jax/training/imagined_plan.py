"""The lines of a plan for devices that are not there."""

import dataclasses
from typing import Any

import jax

from distill_jax import batch as batch_lib
from distill_jax.training import communication, partition
from distill_jax.training import step as step_lib
from distill_jax.training.memory import need
from distill_jax.training.memory import plan as plan_lib
from distill_jax.training.memory import planned as planned_lib

_GIB = 2**30
# Memory and traffic do not depend on how well the machine code is optimised.
_QUICKLY = {
  'xla_backend_optimization_level': '0',
  'xla_llvm_disable_expensive_passes': 'True',
}
_SOURCE = "           as XLA's compiler for CPUs has it; see docs/pods.md"


def rows(run: Any, split: Any = None) -> list[str]:
  """Returns what each device would hold, and what it would send in a step.

  Each update is told of twice: as `memory.plan` predicts it for an accelerator,
  and as a program that was compiled, from shapes alone, for as many devices of
  a CPU as jax was told to have.

  Args:
    run: what would be trained.
    split: see `memory.plan.rows`.
  """
  mesh = run.mesh.build()
  sizes = ' x '.join(
    f'{size} along {name}' for name, size in mesh.shape.items()
  )
  found = [f'devices    {mesh.size} that are not here: {sizes}']
  updates = planned_lib.updates(run, mesh, split)
  for planned in updates:
    found.append(plan_lib.row(run, planned, mesh, need.ACCELERATOR))
    found.append(_row(run, planned, mesh))
  if updates:
    found += [_SOURCE, *(() if split else plan_lib.ABOUT)]
  return found


def compiled(
  run: Any, planned: planned_lib.Planned, mesh: jax.sharding.Mesh
) -> jax.stages.Compiled:
  """Returns the program of an update on all rows; nothing is allocated."""
  phase, update = planned.phase, planned.update
  state = plan_lib.state(run.networks, phase, update, mesh)
  moved = state.own, state.moments
  places = jax.tree.map(lambda x: x.sharding, moved)
  step = step_lib.make(update, state.transform, phase.accumulate, places)
  batch = partition.abstract_batch(
    mesh, _of_all(planned.batch, mesh.shape['data'])
  )
  rest = jax.eval_shape(
    lambda: (jax.random.key(0), jax.numpy.uint32(0), jax.numpy.float32(0))
  )
  return step.lower(*moved, state.others, batch, *rest).compile(_QUICKLY)


def _row(
  run: Any, planned: planned_lib.Planned, mesh: jax.sharding.Mesh
) -> str:
  """Returns the line on the compiled program of an update."""
  said = f'compiled {planned.number} {planned.update.network}: '
  try:
    program = compiled(run, planned, mesh)
    sent = communication.sent(communication.counted(program.as_text()))
  except ValueError as error:  # an objective that needs a missing file
    return f'{said}not known yet: {error}'
  memory = program.memory_analysis()
  held = memory.argument_size_in_bytes + memory.temp_size_in_bytes
  held += memory.output_size_in_bytes - memory.alias_size_in_bytes
  said += f'{held / _GIB:.2f} GiB on a device, which sends '
  said += f'{sent.total() / _GIB:.2f} GiB in a step'
  kinds = [
    f'{sent[kind] / _GIB:.2f} {kind}'
    for kind in communication.KINDS
    if sent[kind] >= _GIB / 200  # which is told as 0.01
  ]
  return f'{said}: {", ".join(kinds)}' if kinds else said


def _of_all(batch: batch_lib.Batch, parts: int) -> batch_lib.Batch:
  """Returns the shapes of the rows of all devices, given those of one."""
  whole = jax.tree.map(
    lambda x: jax.ShapeDtypeStruct((parts * x.shape[0], *x.shape[1:]), x.dtype),
    batch,
  )
  rooms = tuple(
    (name, dataclasses.replace(room, parts=parts)) for name, room in batch.rooms
  )
  return dataclasses.replace(whole, rooms=rooms)
