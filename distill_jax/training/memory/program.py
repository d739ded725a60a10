"""A function as a flat list of operations on arrays."""

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True, kw_only=True)
class Habits:
  """What a compiler does with a program before it fuses and orders it.

  Attributes:
    merging: it computes once what was to be computed again to save memory.
    transposing: of a product over the first axis of both operands, as a
      kernel's gradient is one, it writes the first operand transposed.
    spreading: an array that is repeated along an axis, for a sum and for
      others, it writes at full width: its library of sums takes no repeating
      in.
  """

  merging: bool
  transposing: bool
  spreading: bool


@dataclasses.dataclass(eq=False)
class Value:
  """An array of the program.

  Attributes:
    elements: how many it has.
    size: bytes.
    maker: the operation it comes from; None for an input.
    readers: the operations it goes into.
    share: the part of the array that a device holds, of which `size` is told.
  """

  elements: int
  size: int
  maker: 'Operation | None' = None
  readers: list['Operation'] = dataclasses.field(default_factory=list)
  share: float = 1.0


@dataclasses.dataclass(eq=False)
class Operation:
  """A step of the program.

  Attributes:
    name: of jax's primitive; 'turn' and 'store' read a part of a loop's input
      and write one of its output, 'room' is such an output before the loop.
      'gathered' and 'scattered' make an array whole of the devices' parts, and
      the other way round.
    reads: arrays that go in.
    makes: arrays that come out.
    bodies: of a loop or a choice.
    in_place: arrays among `makes` that are written into one of `reads`.
    carried: of a loop, how many of `makes` go from turn to turn.
  """

  name: str
  reads: list[Value]
  makes: list[Value]
  bodies: tuple['Program', ...] = ()
  in_place: dict[Value, Value] = dataclasses.field(default_factory=dict)
  carried: int = 0


@dataclasses.dataclass(frozen=True)
class Program:
  """A function without calls.

  Attributes:
    operations: in the order in which they were traced, those alone whose
      results are used.
    inputs: what goes in.
    outputs: what comes out; None for a number that was known.
    habits: of the compiler it is for.
  """

  operations: list[Operation]
  inputs: list[Value]
  outputs: list[Value | None]
  habits: Habits


def used(
  operations: Sequence[Operation],
  inputs: list[Value],
  outputs: list[Value | None],
  habits: Habits,
) -> Program:
  """Returns the program of the operations whose results are used."""
  needed = {value for value in outputs if value}
  kept = []
  for operation in reversed(operations):
    if any(value in needed for value in operation.makes):
      kept.append(operation)
      needed.update(operation.reads)
  for operation in kept:
    for value in operation.makes:
      value.maker = operation
    for value in dict.fromkeys(operation.reads):
      value.readers.append(operation)
  return Program(kept[::-1], inputs, outputs, habits)
