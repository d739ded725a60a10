"""What devices send each other, counted in the text of a compiled program."""

import collections
import dataclasses
import functools
import math
import re
from collections.abc import Callable, Iterable, Iterator

KINDS = (
  'all-reduce',
  'all-gather',
  'reduce-scatter',
  'all-to-all',
  'collective-permute',
)
_HEAD = re.compile(r'(ENTRY )?%?([\w.-]+) .*\{$')
_CALL = re.compile(r' = (.+?) ([a-z][\w-]*)\(')
_ARRAY = re.compile(r'\b(pred|[a-z]+(\d+)\w*)\[([\d,]*)\]')
_CALLED = re.compile(
  r'(?:body|condition|calls|to_apply|(?:true|false)_computation)=%?([\w.-]+)'
)
_BRANCHES = re.compile(r'branch_computations=\{([^}]*)\}')
_TIMES = re.compile(r'"known_trip_count":\{"n":"(\d+)"\}')
_DEVICES = re.compile(r'(?:num_partitions|replica_count)=(\d+)')
# Groups of devices are written in full, as a grid, or by the axes of a mesh.
_LISTED = re.compile(r'replica_groups=\{\{([\d,]*)\}')
_GRID = re.compile(r'replica_groups=\[\d+,(\d+)\]')
_MESH = re.compile(r'replica_groups=[^\[{]*mesh\[(.*?)\][^{]*\{(.*?)\}')
_AXIS = re.compile(r"'(\w+)'(?::\(\d+\)(\d+))?")
_SIZE = re.compile(r"'(\w+)'=(\d+)")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Collective:
  """An operation in which devices exchange arrays, as each of them sees it.

  Attributes:
    kind: one of `KINDS`.
    result: bytes that it leaves on the device.
    devices: how many exchange theirs.
    times: how often the program comes to it.
  """

  kind: str
  result: int
  devices: int
  times: int = 1

  @property
  def sent(self) -> int:
    """Bytes that the device sends each time, and as many that it receives.

    Of n devices in a ring each sends n - 1 of the n parts of an array to
    gather, to scatter a sum or to swap parts, and twice that to sum it for all.
    """
    parts = self.devices - 1
    if self.kind == 'collective-permute':
      return self.result
    if self.kind == 'reduce-scatter':
      return self.result * parts
    rounds = 2 if self.kind == 'all-reduce' else 1
    return rounds * self.result * parts // self.devices


def counted(text: str) -> list[Collective]:
  """Returns the collective operations of a program.

  An operation in a loop counts as often as the loop turns; of a choice the
  branch that sends most is counted.

  Args:
    text: of a compiled program, from `compiled.as_text()`.

  Raises:
    ValueError: if there are such operations in a loop whose number of turns the
      compiler does not know.
  """
  computations, entry = _computations(text)
  head = text.partition('\n')[0]
  everyone = math.prod(map(int, _DEVICES.findall(head)))

  @functools.cache
  def inside(name: str) -> tuple[Collective, ...]:
    return tuple(
      one
      for line in computations.get(name, ())
      for one in _of_line(line, inside, everyone)
    )

  return list(inside(entry))


def results(found: Iterable[Collective]) -> collections.Counter[str]:
  """Returns the bytes of all results on a device, by kind."""
  return _summed(found, lambda one: one.result)


def sent(found: Iterable[Collective]) -> collections.Counter[str]:
  """Returns the bytes that a device sends, by kind; see `Collective.sent`."""
  return _summed(found, lambda one: one.sent)


def _summed(found, size: Callable[[Collective], int]):
  total = collections.Counter()
  for one in found:
    total[one.kind] += one.times * size(one)
  return total


def _computations(text: str) -> tuple[dict[str, list[str]], str]:
  """Returns the lines of each computation, and the name of the first to run."""
  found: dict[str, list[str]] = {}
  entry, lines = '', []
  for line in text.splitlines():
    head = _HEAD.match(line)
    if head and not line.startswith('HloModule'):
      lines = found.setdefault(head[2], [])
      entry = head[2] if head[1] else entry
    else:
      lines.append(line)
  return found, entry


def _of_line(line: str, inside, everyone: int) -> Iterator[Collective]:
  """Gives the collective operations that an instruction leads to."""
  call = _CALL.search(line)
  if not call:
    return
  kind, started, _ = call[2].partition('-start')
  if kind in KINDS:
    arrays = _ARRAY.findall(call[1])
    yield Collective(
      kind=kind,
      result=_result(kind, arrays, bool(started)),
      devices=_group(line, everyone),
    )
    return
  below = [one for name in _CALLED.findall(line) for one in inside(name)]
  branches = _BRANCHES.search(line)
  if branches:
    names = re.findall(r'[\w.-]+', branches[1])
    below += max(map(inside, names), key=lambda all_: sent(all_).total())
  turns = _turns(line) if call[2] == 'while' and below else 1
  for one in below:
    yield dataclasses.replace(one, times=one.times * turns)


def _turns(line: str) -> int:
  known = _TIMES.search(line)
  if not known:
    raise ValueError(
      'Devices exchange arrays in a loop of which the compiled program does '
      'not say how often it turns, so what they send cannot be counted; '
      'expected a known_trip_count, as jax.lax.scan leads to.'
    )
  return int(known[1])


def _result(kind: str, arrays, started: bool) -> int:
  """Returns the bytes of a result, given the arrays of its type."""
  if started and kind != 'all-reduce':
    # What goes in stands before what comes out, and counters behind.
    arrays = [one for one in arrays if one[::2] != ('u32', '')]
    arrays = arrays[len(arrays) // 2 :]
  return sum(map(_bytes, arrays))


def _bytes(array: tuple[str, str, str]) -> int:
  _, bits, shape = array
  elements = math.prod(map(int, filter(None, shape.split(','))))
  return -(-elements * int(bits or 8) // 8)


def _group(line: str, everyone: int) -> int:
  """Returns how many devices exchange their arrays with each other."""
  if listed := _LISTED.search(line):
    return len(listed[1].split(','))
  if grid := _GRID.search(line):
    return int(grid[1])
  if mesh := _MESH.search(line):
    sizes = dict(_SIZE.findall(mesh[1]))
    return math.prod(
      int(part or sizes[name]) for name, part in _AXIS.findall(mesh[2])
    )
  return everyone
