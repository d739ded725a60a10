"""A T5X checkpoint as T5X writes it: a msgpack file, zarr folders beside it."""

import collections
import contextlib
import itertools
import math
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import tensorstore as ts
from etils import epath
from flax import serialization

from distill_jax import places
from distill_jax.models import config as config_lib
from distill_jax.weights import aside, t5x_gin, t5x_places, t5x_zarr

_VERSION = 3
_CHUNK_BYTES = 64 * 2**20  # T5X's: a file of an array is at most that large
_PARALLEL = 2  # chunks compressed at a time; each holds up to three copies
_BUCKET = 't5x-dummy-bucket'  # T5X's readers put their own in its place


def write(
  folder: pathlib.Path | str,
  tensors: Iterable[tuple[str, np.ndarray]],
  state: Iterable[tuple[str, np.ndarray]] = (),
  step: int = 0,
  config: config_lib.T5Config | None = None,
) -> epath.Path:
  """Writes a checkpoint and returns its folder, `folder`/checkpoint_<step>.

  One tensor at a time is held. The file `checkpoint`, without which nobody
  takes the folder for a whole checkpoint, is written last. What a failure
  leaves is removed on gs://; a local `folder` is the caller's to remove, see
  `aside.folder`.

  T5X infers and evaluates from it. It resumes training where `state` is
  that of the same optimizer. Without one, fine-tuning asks T5X for
  `utils.RestoreCheckpointConfig.fallback_to_scratch = True`: parameters and
  step are read, the optimizer begins anew.

  Args:
    folder: local or `gs://`.
    tensors: the parameters by our names, which are T5X's.
    state: of the optimizer, by T5X's names: 'state/param_states/...'; its
      'state/step' gives way to `step`.
    step: that the network was trained for.
    config: of the network: written as `config.gin` into the checkpoint's
      folder, so that its activations need not be given again.

  Raises:
    ValueError: if that checkpoint exists.
  """
  home = places.place(str(folder))
  place = home / f'{t5x_places.FILE}_{step}'
  named = itertools.chain(
    ((f'target/{name}', array) for name, array in tensors),
    ((name, array) for name, array in state if name != 'state/step'),
  )
  aside.require_free(place)
  with _removed_on_failure(place):
    if not _is_remote(place):
      place.mkdir(parents=True)
    # No empty map for the optimizer's state: T5X's reader stumbles over it.
    tree = {'target': {}, 'state': {'step': np.asarray(step, np.int32)}}
    with _Queue() as queue:
      for name, array in named:
        _put(tree, name, _store(place, name, array, queue))
    if config is not None:
      (place / t5x_gin.NAME).write_text(t5x_gin.text(config))
    (place / t5x_places.FILE).write_bytes(
      serialization.msgpack_serialize({'version': _VERSION, 'optimizer': tree})
    )
  return place


@contextlib.contextmanager
def _removed_on_failure(place: epath.Path) -> Iterator[None]:
  """Removes a folder on gs:// if anything goes wrong."""
  try:
    yield
  except BaseException:
    if _is_remote(place) and place.exists():
      place.rmtree()
    raise


def _is_remote(place: epath.Path) -> bool:
  return str(place).startswith('gs://')


def _store(
  place: epath.Path, name: str, array: np.ndarray, queue: '_Queue'
) -> Any:
  """Writes an array; returns what stands for it in the msgpack file.

  That is the array itself where it has one element: steps, and the empty
  places of Adafactor's state.
  """
  if array.size <= 1:
    return array
  folder = name.replace('/', '.')
  chunks = _chunks(array.shape, array.dtype.itemsize)
  spec = {
    'driver': t5x_zarr.DRIVER,
    'dtype': array.dtype.name,
    'metadata': {
      'compressor': {'id': 'gzip', 'level': 1},
      'shape': list(array.shape),
      'chunks': chunks,
    },
  }
  beside = {'kvstore': t5x_zarr.kvstore(place / folder)}
  store = ts.open(spec | beside, create=True).result()
  for part in _parts(array.shape, chunks):
    source = np.ascontiguousarray(array[part])
    queue.put(
      store[part].write(source, can_reference_source_data_indefinitely=True)
    )
  kvstore = {'driver': beside['kvstore']['driver'], 'path': folder + '/'}
  if kvstore['driver'] == 'gcs':
    kvstore['bucket'] = _BUCKET
  return spec | {'kvstore': kvstore}


def _chunks(shape: tuple[int, ...], itemsize: int) -> list[int]:
  """Returns the shape of chunks that divide an array: as many rows as fit."""
  chunks = [1] * len(shape)
  for axis in reversed(range(len(shape))):
    below = itemsize * math.prod(chunks[axis + 1 :])
    sizes = range(1, shape[axis] + 1)
    chunks[axis] = max(
      size
      for size in sizes
      if shape[axis] % size == 0 and (size * below <= _CHUNK_BYTES or size == 1)
    )
  return chunks


def _parts(
  shape: tuple[int, ...], chunks: list[int]
) -> Iterator[tuple[slice, ...]]:
  starts = [range(0, size, step) for size, step in zip(shape, chunks)]
  for corner in itertools.product(*starts):
    yield tuple(slice(at, at + step) for at, step in zip(corner, chunks))


class _Queue:
  """Writes under way; a new one waits until few are left.

  None is under way any more when the context ends, however it does.
  """

  def __init__(self):
    self._writes = collections.deque()

  def __enter__(self) -> '_Queue':
    return self

  def __exit__(self, kind: type[BaseException] | None, *_) -> None:
    try:
      if kind is None:
        self._wait(0)
    finally:
      for write in self._writes:
        write.exception()

  def put(self, write: ts.WriteFutures) -> None:
    self._wait(_PARALLEL - 1)
    self._writes.append(write)

  def _wait(self, left: int) -> None:
    while len(self._writes) > left:
      self._writes.popleft().result()


def _put(tree: dict[str, Any], name: str, value: Any) -> None:
  *folders, last = name.split('/')
  for folder in folders:
    tree = tree.setdefault(folder, {})
  tree[last] = value
