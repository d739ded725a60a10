"""The arrays of a checkpoint, some at a time."""

import functools
import gc
import math
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import numpy as np
from etils import epath
from flax import traverse_util

from distill_jax.training import checkpoints

_BYTES = 64 * 2**20  # of a portion; each has its cost, whatever it holds


class Portions:
  """Reads what is asked for with its neighbours, and keeps those a while.

  So arrays that are asked for in order are read once, and no more than two
  portions are held.

  Args:
    folder: with numbered checkpoints.
    step: of the checkpoint.
    leaves: what has shape and dtype, by the path of an array: 'student/...'.
  """

  def __init__(self, folder: epath.Path, step: int, leaves: Mapping[str, Any]):
    self._folder, self._step, self._leaves = folder, step, leaves
    self._portions = list(_cut(leaves))
    self._read_once = functools.lru_cache(maxsize=1)(self._read)

  def array(self, name: str) -> np.ndarray:
    """Returns an array.

    Raises:
      checkpoints.DamagedError: if it cannot be read.
    """
    number = next(i for i, names in enumerate(self._portions) if name in names)
    return self._read_once(number)[name]

  def _read(self, number: int) -> dict[str, np.ndarray]:
    # orbax leaves cycles behind, which keep the arrays before.
    gc.collect()
    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    like = {
      tuple(name.split('/')): jax.ShapeDtypeStruct(
        self._leaves[name].shape, self._leaves[name].dtype, sharding=here
      )
      for name in self._portions[number]
    }
    with checkpoints.opened(self._folder) as store:
      if self._step not in store.steps():
        raise ValueError(
          f'{self._folder / str(self._step)} is gone: the run that trains '
          'there has saved a better student meanwhile; start again.'
        )
      tree = store.load_part(self._step, traverse_util.unflatten_dict(like))
    found = traverse_util.flatten_dict(tree, sep='/')
    return {name: np.asarray(array) for name, array in found.items()}


def _cut(leaves: Mapping[str, Any]) -> Iterator[list[str]]:
  """Gives the names of each portion; a larger array is one of its own."""
  names, size = [], 0
  for name, leaf in leaves.items():
    more = math.prod(leaf.shape) * np.dtype(leaf.dtype).itemsize
    if names and size + more > _BYTES:
      yield names
      names, size = [], 0
    names.append(name)
    size += more
  if names:
    yield names
