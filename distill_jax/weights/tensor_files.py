"""Safetensors files: read a tensor at a time, written a tensor at a time."""

import json
import pathlib
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import ml_dtypes
import numpy as np
import safetensors

_DTYPES = {
  'F32': np.dtype(np.float32),
  'F16': np.dtype(np.float16),
  'BF16': np.dtype(ml_dtypes.bfloat16),
  'F64': np.dtype(np.float64),
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


class Stored(NamedTuple):
  """A tensor in a file.

  Attributes:
    file: where.
    shape: as stored.
    dtype: as stored.
    fetch: reads it.
  """

  file: pathlib.Path
  shape: tuple[int, ...]
  dtype: np.dtype
  fetch: Callable[[], np.ndarray]


def read(
  path: pathlib.Path, ignores: Callable[[str], bool] = lambda name: False
) -> dict[str, Stored]:
  """Returns the tensors of a file by name; none is read yet.

  Args:
    path: of the file.
    ignores: which names are passed over, whatever is stored under them.

  Raises:
    ValueError: if the file is truncated or no safetensors file, or holds other
      numbers than floats.
  """
  try:
    with safetensors.safe_open(path, 'numpy') as file:
      names = file.keys()
      return {
        name: _stored(path, file, name) for name in names if not ignores(name)
      }
  except safetensors.SafetensorError as error:
    raise ValueError(
      f'{path} cannot be read as safetensors ({error}); the file is truncated '
      'or damaged: fetch it again.'
    ) from error


def _stored(path: pathlib.Path, file: object, name: str) -> Stored:
  header = file.get_slice(name)
  dtype = header.get_dtype()
  if dtype not in _DTYPES:
    raise ValueError(
      f'{path}: {name} is stored as {dtype}, expected one of '
      f'{", ".join(_DTYPES)}; quantised checkpoints cannot be trained.'
    )
  return Stored(
    file=path,
    shape=tuple(header.get_shape()),
    dtype=_DTYPES[dtype],
    fetch=lambda: _fetch(path, name),
  )


def _fetch(path: pathlib.Path, name: str) -> np.ndarray:
  # Opened anew each time: the file is mapped, and what was read of it counts
  # as this process's memory for as long as it is open.
  with safetensors.safe_open(path, 'numpy') as file:
    return file.get_tensor(name)


def write(
  path: pathlib.Path,
  headers: Mapping[str, tuple[tuple[int, ...], np.dtype]],
  arrays: Iterable[np.ndarray],
) -> None:
  """Writes a file; `arrays` are drawn one at a time.

  The library's own `save_file` wants all of them in memory.

  Args:
    path: of the file.
    headers: shape and dtype of each tensor by name.
    arrays: the tensors in that order.
  """
  entries, start = {}, 0
  for name, (shape, dtype) in headers.items():
    end = start + nbytes(shape, dtype)
    entries[name] = {
      'dtype': _NAMES[dtype],
      'shape': list(shape),
      'data_offsets': [start, end],
    }
    start = end
  # transformers refuses a file that does not say this.
  header = json.dumps({'__metadata__': {'format': 'pt'}, **entries}).encode()
  header += b' ' * (-len(header) % 8)
  with open(path, 'wb') as file:
    file.write(len(header).to_bytes(8, 'little'))
    file.write(header)
    for array, (name, (shape, dtype)) in zip(
      arrays, headers.items(), strict=True
    ):
      if array.shape != shape or array.dtype != dtype:
        raise ValueError(
          f'{name} is {array.dtype} of {array.shape}, expected {dtype} of '
          f'{shape}.'
        )
      file.write(np.ascontiguousarray(array).view(np.uint8).data)


def nbytes(shape: tuple[int, ...], dtype: np.dtype) -> int:
  """Returns the bytes of an array."""
  return int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
