"""Arrays of a T5X checkpoint that lie as zarr folders beside its file."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np
import tensorstore as ts
from etils import epath

DRIVER = 'zarr'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Array:
  """An array in a zarr folder.

  Attributes:
    name: of the array, for messages.
    file: its folder.
    shape: as the checkpoint has it.
    dtype: as the checkpoint has it.
  """

  name: str
  file: epath.Path
  shape: tuple[int, ...]
  dtype: np.dtype

  def read(self) -> np.ndarray:
    """Returns the array.

    A part that is missing is an error; zarr would have it be zeros.

    Raises:
      ValueError: if the folder is incomplete, damaged, or holds another array.
    """
    spec = {
      'driver': DRIVER,
      'kvstore': kvstore(self.file),
      'fill_missing_data_reads': False,
    }
    try:
      store = ts.open(spec, open=True).result()
      there = (store.shape, store.dtype.numpy_dtype)
      if there != (self.shape, self.dtype):
        raise ValueError(
          f'it holds {there[1]} of {there[0]}, expected {self.dtype} of '
          f'{self.shape}'
        )
      return store.read().result()
    except (ValueError, OSError, KeyError, RuntimeError) as error:
      reason = str(error).partition(' [tensorstore_spec')[0]
      raise ValueError(
        f'{self.name} cannot be read from {self.file} ({reason}); part of the '
        'checkpoint is missing or damaged: fetch it again.'
      ) from error


def is_spec(node: Any) -> bool:
  """Returns whether a node of the file's tree stands for a zarr folder."""
  return isinstance(node, dict) and {'driver', 'kvstore'} <= node.keys()


def find(name: str, spec: Mapping[str, Any], folder: epath.Path) -> Array:
  """Returns the array that a checkpoint's file says lies beside it.

  The file may have been written elsewhere: the driver (`file`, `gfile`, `gcs`)
  and bucket that it names are those of that place. The path stands in the
  kvstore, and before tensorstore 0.1.14 beside it.

  Args:
    name: of the array, for messages.
    spec: tensorstore's description of it.
    folder: where the checkpoint's file is.

  Raises:
    ValueError: if the description cannot be followed.
  """
  try:
    path = spec['kvstore'].get('path') or spec['path']
    metadata = spec['metadata']
    dtype = spec.get('dtype') or metadata['dtype']
    if spec['driver'] != DRIVER:
      raise ValueError('another driver')
    return Array(
      name=name,
      file=folder / path.rstrip('/').rsplit('/', 1)[-1],
      shape=tuple(metadata['shape']),
      dtype=np.dtype(ml_dtypes.bfloat16 if dtype == 'bfloat16' else dtype),
    )
  except (
    AttributeError,
    LookupError,
    SyntaxError,
    TypeError,
    ValueError,
  ) as error:
    raise ValueError(
      f'{folder}: {name} is described by {dict(spec)}, expected a driver '
      'zarr, a path, a dtype and a shape as T5X writes them.'
    ) from error


def kvstore(folder: epath.Path) -> dict[str, str]:
  """Returns where a folder is, in tensorstore's words."""
  path = os.fspath(folder)
  if path.startswith('gs://'):
    bucket, _, rest = path.removeprefix('gs://').partition('/')
    return {'driver': 'gcs', 'bucket': bucket, 'path': rest + '/'}
  return {'driver': 'file', 'path': os.path.abspath(path) + '/'}
