"""What a step needs on each device, from its trace alone."""

import dataclasses
import math
from typing import Any

import jax

from distill_jax.training.memory import cutting, peak, traced
from distill_jax.training.memory import program as program_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Compiler:
  """How a platform's compiler goes about a program.

  Attributes:
    habits: what it does with it first.
    order: of the program's tasks.
  """

  habits: program_lib.Habits
  order: peak.Order


CPU = Compiler(
  habits=program_lib.Habits(merging=True, transposing=True, spreading=True),
  order=peak.breadth_first,
)
ACCELERATOR = Compiler(
  habits=program_lib.Habits(merging=False, transposing=False, spreading=False),
  order=peak.as_written,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Need:
  """Bytes on one device.

  Attributes:
    parameters: of the network that is moved.
    moments: its optimizer's state.
    others: parameters of the networks that stay, and the batch.
    step: gradients, what the backward pass keeps, logits: the most that is held
      at a time, beside the rest.
  """

  parameters: int
  moments: int
  others: int
  step: int

  @property
  def total(self) -> int:
    """Bytes in all."""
    return self.parameters + self.moments + self.others + self.step


def of_step(
  step: Any,
  own: Any,
  optimizer: Any,
  others: Any,
  batch: Any,
  compiler: Compiler | None = None,
) -> Need:
  """Returns what one update needs; nothing is compiled or allocated.

  The step is traced and its arrays are followed from where they are written to
  where they are last read, as the compiler would fuse and order it. Gradients
  are cut as their parameters are, as soon as they are made; what is gathered
  for a layer is whole there. What tokens become counts whole along the mesh's
  model axis.

  Args:
    step: from `training.step.make`.
    own: shapes of the network's parameters; with shardings, those of a device
      are counted.
    optimizer: the same of its optimizer.
    others: the same of other networks, by name.
    batch: shapes of the rows of one device.
    compiler: that of this machine by default.
  """
  if compiler is None:
    compiler = CPU if jax.default_backend() == 'cpu' else ACCELERATOR
  rest = jax.eval_shape(
    lambda: (jax.random.key(0), jax.numpy.uint32(0), jax.numpy.float32(0))
  )
  whole = jax.tree.map(
    lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), (own, optimizer, others)
  )
  closed = jax.make_jaxpr(step)(*whole, batch, *rest)
  shares = [_share(leaf) for leaf in jax.tree.leaves((own, optimizer, others))]
  program = traced.of(closed, compiler.habits, shares)
  moved = len(jax.tree.leaves((own, optimizer)))
  cutting.cut(program, dict(zip(program.outputs[:moved], shares)))
  replaced = {
    old: new
    for old, new in zip(program.inputs[:moved], program.outputs)
    if new is not None and new is not old
  }
  return Need(
    parameters=_bytes(own),
    moments=_bytes(optimizer),
    others=_bytes((others, batch)),
    step=peak.temporaries(program, compiler.order, replaced),
  )


def _bytes(tree: Any) -> int:
  """Returns the bytes of a tree's arrays that lie on one device."""
  return sum(
    math.prod(_held(leaf)) * leaf.dtype.itemsize
    for leaf in jax.tree.leaves(tree)
  )


def _share(leaf: Any) -> float:
  """Returns the part of an array that a device holds."""
  return math.prod(_held(leaf)) / max(math.prod(leaf.shape), 1)


def _held(leaf: Any) -> tuple[int, ...]:
  sharding = getattr(leaf, 'sharding', None)
  return sharding.shard_shape(leaf.shape) if sharding else leaf.shape
