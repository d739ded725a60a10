"""Traced functions as programs: nested jaxprs laid flat."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax.extend import core

from distill_jax.training.memory import program as program_lib

Operation = program_lib.Operation
Program = program_lib.Program
Value = program_lib.Value

# What lies in the same bytes under another shape.
_SAME = (
  'reshape',
  'squeeze',
  'expand_dims',
  'copy',
  'optimization_barrier',
  'stop_gradient',
  'sharding_constraint',
  'name',
)
# Their operands may be one wide where the result is wider.
_BINARY = ('add', 'add_any', 'sub', 'mul', 'div', 'max', 'min', 'select_n')
_NEUTRAL = {'mul': 1, 'div': 1, 'add': 0, 'add_any': 0, 'sub': 0}
_KEY_BYTES = 8  # of a random key


def of(
  closed: Any,
  habits: program_lib.Habits,
  shares: Sequence[float] = (),
) -> Program:
  """Returns a traced function as a program.

  Args:
    closed: from `jax.make_jaxpr`.
    habits: of the compiler.
    shares: of its first inputs, the part that a device holds.
  """
  jaxpr = closed.jaxpr
  inputs = [
    _value(var, share)
    for var, share in itertools.zip_longest(jaxpr.invars, shares, fillvalue=1.0)
  ]
  constants = [_value(var) for var in jaxpr.constvars]
  tracer = _Tracer(habits)
  outputs = tracer.run(jaxpr, constants, inputs)
  return program_lib.used(tracer.operations, inputs, outputs, habits)


class _Tracer:
  """Collects the operations of nested jaxprs."""

  def __init__(self, habits: program_lib.Habits):
    self.operations: list[Operation] = []
    self._habits = habits
    self._met: dict[Any, list[Value]] = {}
    self._scope = 0

  def run(
    self, jaxpr: Any, constants: Sequence[Value], inputs: Sequence[Any]
  ) -> list[Value | None]:
    """Returns the values of a jaxpr's outputs."""
    known = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*constants, *inputs]))
    read = lambda atom: None if _is_number(atom) else known[atom]
    for equation in jaxpr.eqns:
      made = self._equation(equation, [read(atom) for atom in equation.invars])
      known.update(zip(equation.outvars, made))
    return [read(atom) for atom in jaxpr.outvars]

  def _equation(
    self, equation, given: list[Value | None]
  ) -> list[Value | None]:
    name = equation.primitive.name
    if name in _SAME or _is_neutral(equation):
      if name == 'optimization_barrier':
        return given
      found = next((value for value in given if value), None)
      if name == 'sharding_constraint' and found:
        found = self._gathered(equation, found)
      return [found]
    if name == 'scan':
      return self._scan(equation, given)
    if name in ('while', 'cond'):
      return self._add(name, equation, given, _branches(equation, self._habits))
    inner = _called(equation)
    if inner is not None:
      return self._call(equation, inner, given)
    numbers = [atom.val for atom in equation.invars if _is_number(atom)]
    key = (
      *(self._scope, name, *map(id, given)),
      *(str(equation.params), str(numbers)),
    )
    if key not in self._met:
      self._met[key] = self._add(name, equation, given)
    return self._met[key]

  def _call(self, equation, inner, given):
    jaxpr, constants = getattr(inner, 'jaxpr', inner), []
    if hasattr(inner, 'consts'):
      constants = [_value(var) for var in jaxpr.constvars]
    scope = self._scope
    if equation.params.get('prevent_cse') and not self._habits.merging:
      self._scope = id(equation)
    outputs = self.run(jaxpr, constants, given)
    self._scope = scope
    return outputs

  def _add(self, name, equation, given, bodies=()) -> list[Value]:
    makes = [_value(var) for var in equation.outvars]
    reads = [value for value in given if value]
    if name in _BINARY:
      reads = [self._spread(value, makes[0]) for value in reads]
    if self._habits.transposing and _is_over_rows(equation):
      turned = Value(reads[0].elements, reads[0].size)
      self.operations.append(Operation('transpose', reads[:1], [turned]))
      reads = [turned, *reads[1:]]
    self.operations.append(Operation(name, reads, makes, bodies))
    return makes

  def _gathered(self, equation, value: Value) -> Value:
    """Returns the array as a constraint wants it, of the devices' parts."""
    share = _share(equation)
    if share <= value.share:
      return value
    whole = _value(equation.outvars[0], share)
    self.operations.append(Operation('gathered', [value], [whole]))
    return whole

  def _spread(self, value: Value, result: Value) -> Value:
    """Returns the operand as large as the result, as it will be written."""
    if value.elements in (1, result.elements):
      return value
    key = (self._scope, 'spread', id(value), result.elements)
    if key not in self._met:
      each = value.size // max(value.elements, 1)
      large = Value(result.elements, result.elements * each)
      self.operations.append(Operation('broadcast_in_dim', [value], [large]))
      self._met[key] = [large]
    return self._met[key][0]

  def _scan(self, equation, given) -> list[Value]:
    constants, carried = (
      equation.params[name] for name in ('num_consts', 'num_carry')
    )
    body = _body(
      equation.params['jaxpr'], constants, carried, self._habits, given
    )
    makes = self._add('scan', equation, given, (body,))
    loop = self.operations.pop()
    loop.carried = carried
    for stacked in makes[carried:]:
      room = Value(stacked.elements, stacked.size)
      self.operations.append(Operation('room', [], [room]))
      loop.reads.append(room)
      loop.in_place[stacked] = room
    for start, end in zip(given[constants : constants + carried], makes):
      if start:
        loop.in_place[end] = start
    self.operations.append(loop)
    return makes


def _body(
  closed, constants: int, carried: int, habits: program_lib.Habits, given
) -> Program:
  """Returns a turn of a loop: it reads slices and stores slices."""
  jaxpr = closed.jaxpr
  inputs = [
    _value(var, value.share if value else 1.0)
    for var, value in zip(jaxpr.invars, given, strict=True)
  ]
  tracer = _Tracer(habits)
  given = inputs[: constants + carried]
  for stacked in inputs[constants + carried :]:
    part = Value(stacked.elements, stacked.size, share=stacked.share)
    tracer.operations.append(Operation('turn', [stacked], [part]))
    given.append(part)
  outputs = tracer.run(jaxpr, [_value(var) for var in jaxpr.constvars], given)
  ends = outputs[:carried]
  for value in outputs[carried:]:
    if value:
      stored = Value(value.elements, 0)
      tracer.operations.append(Operation('store', [value], [stored]))
      ends.append(stored)
  return program_lib.used(tracer.operations, inputs, ends, habits)


def _branches(equation, habits: program_lib.Habits) -> tuple[Program, ...]:
  params = equation.params
  closed = params.get('branches') or (params['body_jaxpr'],)
  return tuple(of(one, habits) for one in closed)


def _called(equation) -> Any:
  """Returns the jaxpr that an equation calls, None if it calls none."""
  for name in ('jaxpr', 'call_jaxpr', 'fun_jaxpr'):
    inner = equation.params.get(name)
    if inner is not None:
      jaxpr = getattr(inner, 'jaxpr', inner)
      if len(jaxpr.invars) == len(equation.invars):
        return inner
  return None


def _is_over_rows(equation) -> bool:
  """Whether this is a product over the first axis of both operands."""
  if equation.primitive.name != 'dot_general':
    return False
  contracted, batched = equation.params['dimension_numbers']
  return not any(batched) and all(0 in axes for axes in contracted)


def _is_number(atom: Any) -> bool:
  return isinstance(atom, core.Literal)


def _is_neutral(equation) -> bool:
  """Whether the result is the one array that goes in: x * 1, x + 0."""
  name, atoms = equation.primitive.name, equation.invars
  if name == 'convert_element_type':
    return atoms[0].aval.dtype == equation.outvars[0].aval.dtype
  if name not in _NEUTRAL or sum(map(_is_number, atoms)) != 1:
    return False
  if name in ('div', 'sub') and not _is_number(atoms[1]):
    return False
  (number,) = (atom.val for atom in atoms if _is_number(atom))
  return np.ndim(number) == 0 and bool(number == _NEUTRAL[name])


def _share(equation) -> float:
  """Returns the part of an array that a device holds by a constraint."""
  shape = equation.outvars[0].aval.shape
  held = equation.params['sharding'].shard_shape(shape)
  return math.prod(held) / max(math.prod(shape), 1)


def _value(var: Any, share: float = 1.0) -> Value:
  shape = getattr(var.aval, 'shape', ())
  dtype = getattr(var.aval, 'dtype', np.dtype(np.int32))
  is_key = jax.dtypes.issubdtype(dtype, jax.dtypes.prng_key)
  each = _KEY_BYTES if is_key else np.dtype(dtype).itemsize
  size = round(math.prod(shape) * each * share)
  return Value(math.prod(shape), size, share=share)
