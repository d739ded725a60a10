"""How much memory a program holds at most, beside its inputs."""

import collections
import dataclasses
from collections.abc import Callable, Mapping

from distill_jax.training.memory import fusion
from distill_jax.training.memory import program as program_lib

Value = program_lib.Value


@dataclasses.dataclass(eq=False)
class Task:
  """An operation with all that was joined to it.

  Attributes:
    operation: the one that writes.
    reads: arrays in memory that it takes, in the order of the program.
    makes: arrays that it writes.
  """

  operation: program_lib.Operation
  reads: dict[Value, None]
  makes: list[Value]


Order = Callable[[list[Task]], list[Task]]


def as_written(tasks: list[Task]) -> list[Task]:
  """Returns the tasks as they were traced: each result is used soon."""
  return tasks


def breadth_first(tasks: list[Task]) -> list[Task]:
  """Returns the tasks in the order in which they can begin.

  XLA runs programs so on a CPU, to keep several cores busy: room for what a
  loop will write is there from the start.
  """
  makers = {value: task for task in tasks for value in task.makes}
  users = collections.defaultdict(list)
  missing = {}
  for task in tasks:
    needed = {makers[value] for value in task.reads if value in makers}
    missing[task] = len(needed)
    for other in needed:
      users[other].append(task)
  ready = collections.deque(task for task in tasks if not missing[task])
  ordered = []
  while ready:
    task = ready.popleft()
    ordered.append(task)
    for user in users[task]:
      missing[user] -= 1
      if not missing[user]:
        ready.append(user)
  return ordered


def temporaries(
  program: program_lib.Program,
  order: Order,
  replaced: Mapping[Value, Value] | None = None,
) -> int:
  """Returns the bytes that are held at most, without inputs.

  Args:
    program: what runs.
    order: of its tasks.
    replaced: outputs by the input in whose bytes they are written, such as new
      parameters by the old ones; they take no memory. An input that is read by
      a task which need not come before the output's is copied first.
  """
  replaced = replaced or {}
  tasks = _tasks(program)
  tasks = order(_with_copies(tasks, replaced))
  free = set(replaced.values())
  last = {value: at for at, task in enumerate(tasks) for value in task.reads}
  last |= {value: len(tasks) for value in program.outputs if value}
  held, most = 0, 0
  alive: set[Value] = set()
  for at, task in enumerate(tasks):
    ending = [v for v in task.reads if last[v] == at and v in alive]
    made = [v for v in task.makes if v not in free]
    most = max(most, held + _growth(task, made, ending, order))
    alive.update(made)
    held += sum(value.size for value in made)
    for value in [*ending, *(v for v in made if v not in last)]:
      alive.remove(value)
      held -= value.size
  return most


def _growth(task: Task, made, ending, order: Order) -> int:
  """Returns the bytes that a task needs beside what is held before it."""
  operation = task.operation
  size = sum(value.size for value in made)
  if not fusion.is_alone(operation):
    # Element by element a result can take the place of what ends here.
    return max(size - sum(value.size for value in ending), 0)
  taken = set(operation.in_place.values()) & set(ending)
  size -= sum(value.size for value in taken)
  if operation.name == 'random_bits':
    size += sum(value.size for value in made)  # its state
  inner = (temporaries(body, order) for body in operation.bodies)
  return size + max(inner, default=0)


def _tasks(program: program_lib.Program) -> list[Task]:
  written = fusion.written(program)
  sources: dict[Value, dict[Value, None]] = {}

  def taken(values) -> dict[Value, None]:
    """Returns the arrays in memory that some values are made of."""
    return {source: None for value in values for source in sources_of(value)}

  def sources_of(value: Value) -> dict[Value, None]:
    return sources.get(value, {value: None})

  tasks = []
  for operation in program.operations:
    reads = taken(operation.reads)
    if any(value in written for value in operation.makes):
      tasks.append(Task(operation, reads, operation.makes))
    else:
      sources[operation.makes[0]] = reads
  return tasks


def _with_copies(
  tasks: list[Task], replaced: Mapping[Value, Value]
) -> list[Task]:
  """Returns the tasks behind copies of what is replaced before its last use."""
  number = {value: at for at, task in enumerate(tasks) for value in task.makes}
  before: list[int] = []  # as bits, the tasks that have to come first
  for task in tasks:
    earlier = 0
    for value in task.reads:
      if value in number:
        earlier |= before[number[value]] | 1 << number[value]
    before.append(earlier)
  readers = collections.defaultdict(list)
  for at, task in enumerate(tasks):
    for value in task.reads:
      readers[value].append(at)
  copies = []
  for old, new in replaced.items():
    if new not in number:
      continue
    end = number[new]
    first = before[end] | 1 << end
    if all(first >> at & 1 for at in readers[old]):
      continue
    copy = Value(old.elements, old.size)
    copies.append(Task(program_lib.Operation('copy', [], []), {}, [copy]))
    for at in readers[old]:
      task = tasks[at]
      reads = {copy if value is old else value: None for value in task.reads}
      tasks[at] = dataclasses.replace(task, reads=reads)
  return [*copies, *tasks]
