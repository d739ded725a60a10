"""Arrays of which each device holds a part."""

from collections.abc import Mapping

from distill_jax.training.memory import fusion
from distill_jax.training.memory import program as program_lib

Value = program_lib.Value


def cut(program: program_lib.Program, shares: Mapping[Value, float]) -> None:
  """Makes a device hold its part of results, and of what they are made of.

  An array that becomes a part element by element is a part itself, such as a
  gradient that moves a parameter. A product or a sum is whole for a moment: it
  is of the device's own rows, and added to those of others when it is cut. A
  loop cuts what it stores in every turn.

  Args:
    program: is changed.
    shares: of some of its outputs, the part that a device holds.
  """
  found = dict(shares)
  operations = []
  for operation in reversed(program.operations):
    for at, value in enumerate(operation.makes):
      share = found.get(value, 1)
      if share == 1:
        continue
      if operation.name == 'scan':
        found |= _through_loop(operation, at, share)
      elif fusion.is_joined(operation):
        found |= dict.fromkeys(_alike(operation, value), share)
      elif operation.name != 'room':  # there is nothing in it yet
        operations.append(_scattered(operation, at))
      value.size = round(value.size * share)
    operations.append(operation)
  program.operations[:] = operations[::-1]


def _alike(operation, value: Value) -> list[Value]:
  """Returns the operands that are made here and as large as the result."""
  return [
    operand
    for operand in operation.reads
    if operand.elements == value.elements and operand.maker
  ]


def _through_loop(operation, at: int, share: float) -> dict[Value, float]:
  """Cuts what a loop hands from turn to turn, and where its results begin."""
  (body,) = operation.bodies
  if at < operation.carried:
    end = body.outputs[at]
    if end is not None and end.maker:
      cut(body, {end: share})
  start = operation.in_place.get(operation.makes[at])
  return {start: share} if start is not None and start.maker else {}


def _scattered(operation, at: int) -> program_lib.Operation:
  """Returns what cuts a result, which is whole until then."""
  part = operation.makes[at]
  whole = Value(part.elements, part.size, maker=operation)
  operation.makes[at] = whole
  scattering = program_lib.Operation('scattered', [whole], [part])
  whole.readers.append(scattering)
  part.maker = scattering
  return scattering
