"""What the processes of one run have in common, and tell each other.

On one machine there may be one process or one for each device, on a pod there
is one for each host. All of them run the same program on arrays that are cut
over the devices of all: every function here is called by every process, in the
same order. Where there is one process alone, nothing is sent.
"""

import collections
import contextlib
import itertools
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec

_LATE = 2  # questions of a poll that are under way before one is answered
_PATIENCE = 7 * 24 * 3600 * 1000  # milliseconds; a token cache takes its time
_LOST = (
  'Another process of the run was lost, so this one ends too ({}); the same '
  'command on all machines goes on from the newest checkpoint.'
)
_OWN = ('RESOURCE_EXHAUSTED', 'INVALID_ARGUMENT', 'UNIMPLEMENTED')
_TALK = re.compile('[A-Z_]+: .*(Gloo|NCCL)')  # libraries by which devices talk
_Value = TypeVar('_Value')
_numbers = itertools.count()


def several() -> bool:
  """Returns whether other processes take part."""
  return jax.process_count() > 1


def leads() -> bool:
  """Returns whether this process is the one that writes files and logs."""
  return jax.process_index() == 0


def whole(x: jax.Array) -> jax.Array:
  """Returns an array that every device holds whole; does not wait for it."""
  if x.is_fully_addressable or x.is_fully_replicated:
    return x
  return jax.device_put(x, NamedSharding(x.sharding.mesh, PartitionSpec()))


def fetch(x: jax.Array) -> np.ndarray:
  """Returns a device array as a host array, whole on every process."""
  return np.asarray(whole(x))


def led(do: Callable[[], _Value]) -> _Value:
  """Returns, on every process, what the first one got by doing something.

  The others wait for it, for a week at most, and then go on: files that it has
  written are there for them if they share its disk.

  Args:
    do: returns something that JSON can say.

  Raises:
    ValueError: what the first one raised, where that was a ValueError or an
      OSError.
  """
  if not several():
    return do()
  key = f'distill_jax/{next(_numbers)}'
  if not leads():
    told = json.loads(_client().blocking_key_value_get(key, _PATIENCE))
    if 'error' in told:
      raise ValueError(told['error'])
    return told['value']
  try:
    value = do()
  except (ValueError, OSError) as error:
    _client().key_value_set(key, json.dumps({'error': str(error)}))
    raise
  _client().key_value_set(key, json.dumps({'value': value}))
  return value


def anywhere(so: bool) -> bool:
  """Returns whether it is so on any process; waits for all of them."""
  if not several():
    return so
  return bool(multihost_utils.process_allgather(np.array(so)).any())


class Poll:
  """Tells all processes, in the same step, what one of them noticed.

  A signal or a clock comes to each process in a step of its own, and what they
  do about it they must do together. So each step asks all of them, and hears
  the answer of the question two steps earlier: nobody waits for the devices.

  Args:
    mesh: devices of all processes.
  """

  def __init__(self, mesh: Mesh):
    self._mesh = mesh
    self._under_way: collections.deque[jax.Array] = collections.deque()

  def ask(self, *noticed: int) -> tuple[int, ...]:
    """Returns the largest of each number over all processes, a little late.

    Args:
      noticed: by this process until now.
    """
    if not several():
      return noticed
    self._under_way.append(self._largest(noticed))
    if len(self._under_way) <= _LATE:
      return (0,) * len(noticed)
    return tuple(np.asarray(self._under_way.popleft()).tolist())

  def now(self, *noticed: int) -> tuple[int, ...]:
    """Returns the same at once, and drops what is still under way."""
    self._under_way.clear()
    if not several():
      return noticed
    return tuple(np.asarray(self._largest(noticed)).tolist())

  def _largest(self, noticed: tuple[int, ...]) -> jax.Array:
    row = np.array([noticed], np.int32)
    devices = self._mesh.devices.size
    each = jax.make_array_from_callback(
      (devices, len(noticed)),
      NamedSharding(self._mesh, PartitionSpec(self._mesh.axis_names)),
      lambda _: row,
    )
    return whole(_largest(each))


@jax.jit
def _largest(each: jax.Array) -> jax.Array:
  return jnp.max(each, axis=0)


@contextlib.contextmanager
def together() -> Iterator[None]:
  """Ends this process where it finds, within, that another one is lost.

  Nothing is closed then: that would wait for the other one, too.
  """
  try:
    yield
  except Exception as error:
    loss = _loss(error) if several() else None
    if loss is not None:
      leave(os.EX_TEMPFAIL, _LOST.format(_first_line(loss)))
    raise


def leave(status: int, message: str = '') -> None:
  """Ends this process at once, without waiting for the others."""
  if message:
    sys.stderr.write(message + '\n')
  sys.stdout.flush()
  sys.stderr.flush()
  os._exit(status)


def _loss(error: BaseException | None) -> BaseException | None:
  """Returns the failed talk with another process that an error is or has."""
  while error is not None:
    if isinstance(error, jax.errors.JaxRuntimeError):
      return None if str(error).startswith(_OWN) else error
    if isinstance(error, ValueError) and _TALK.match(str(error)):
      return error  # so jax says it of an array that comes of such a talk
    if isinstance(error, TimeoutError) and error.errno is None:
      return error  # orbax has waited in vain; a slow disk has a number
    error = error.__cause__ or error.__context__
  return None


def _first_line(error: BaseException) -> str:
  return str(error).strip().split('\n')[0][:200]


def _client() -> Any:
  # What jax.distributed keeps has no public name; flax and orbax read it here.
  from jax._src import distributed

  return distributed.global_state.client
