"""Which arrays of a program are written to memory.

A compiler joins elementwise operations to what reads them, so that most arrays
between two matrix products never exist. The rules are those of XLA's fusion of
instructions.
"""

from distill_jax.training.memory import program as program_lib

# These read and write whole arrays, and nothing joins them.
_ALONE = frozenset(
  (
    'argmax',
    'argmin',
    'concatenate',
    'cond',
    'conv_general_dilated',
    'cumlogsumexp',
    'cummax',
    'cumsum',
    'custom_call',
    'dot_general',
    'dynamic_update_slice',
    'gather',
    'gathered',
    'pad',
    'random_bits',
    'room',
    'scan',
    'scatter',
    'scatter-add',
    'scatter_add',
    'scattered',
    'sort',
    'split',
    'threefry2x32',
    'top_k',
    'while',
  )
)
_REDUCTIONS = frozenset(
  (
    'reduce_and',
    'reduce_max',
    'reduce_min',
    'reduce_or',
    'reduce_prod',
    'reduce_sum',
  )
)
# These may read what is joined to them, and write what is not.
_SUMS = _REDUCTIONS | {'store'}
# Too dear to be computed once for each reader.
_DEAR = frozenset(
  (
    'cbrt',
    'cos',
    'div',
    'erf',
    'exp',
    'expm1',
    'log',
    'log1p',
    'logistic',
    'pow',
    'rem',
    'rsqrt',
    'sin',
    'sqrt',
    'tanh',
  )
)
_SPREAD = frozenset(('broadcast_in_dim', 'iota'))


def is_alone(operation: program_lib.Operation) -> bool:
  """Returns whether no elementwise operation is joined to this one.

  What has several results, or none, and is not known here stands alone too.
  """
  return operation.name in _ALONE or (
    operation.name not in _SUMS and len(operation.makes) != 1
  )


def is_joined(operation: program_lib.Operation) -> bool:
  """Returns whether the result is made element by element."""
  return operation.name not in _SUMS and not is_alone(operation)


def written(program: program_lib.Program) -> set[program_lib.Value]:
  """Returns the arrays that are written to memory, inputs left out.

  Those are results of operations that stand alone or sum up, what such read,
  the outputs, and what several readers would otherwise compute each for itself
  though it is dear or made of several arrays of its own size. What repeats an
  array for several readers is written within loops, and elsewhere where one of
  them is a sum and the compiler has the habit.
  """
  outputs = {value for value in program.outputs if value}
  in_loop = any(one.name == 'turn' for one in program.operations)
  found: set[program_lib.Value] = set()
  # Of each operation, the written arrays that its result becomes part of.
  parts: dict[program_lib.Operation, set] = {}
  for operation in reversed(program.operations):
    if operation.name in _SUMS or is_alone(operation):
      found.update(operation.makes)
      parts[operation] = {operation}
      continue
    (value,) = operation.makes
    ends = set().union(*(parts[reader] for reader in value.readers))
    summed = any(end.name in _REDUCTIONS for end in ends)
    habit = program.habits.spreading and summed and _is_of_array(operation)
    spread = in_loop or habit
    if _is_written(operation, value in outputs, len(ends), spread):
      found.add(value)
      ends = {operation}
    parts[operation] = ends
  return found


def _is_written(operation, is_output: bool, ends: int, spread: bool) -> bool:
  (value,) = operation.makes
  if is_output or any(is_alone(reader) for reader in value.readers):
    return True
  if ends <= 1:
    return False
  if operation.name in _SPREAD:
    return spread and value.elements > 1
  return operation.name in _DEAR or _full_operands(operation) > 1


def _full_operands(operation: program_lib.Operation) -> int:
  """Returns how many different operands are as large as the result."""
  (value,) = operation.makes
  return sum(
    operand.elements >= value.elements and not _is_spread(operand)
    for operand in set(operation.reads)
  )


def _is_of_array(operation: program_lib.Operation) -> bool:
  return any(operand.elements > 1 for operand in operation.reads)


def _is_spread(value: program_lib.Value) -> bool:
  return value.maker is not None and value.maker.name in _SPREAD
