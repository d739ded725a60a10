"""Ragged arrays on disk: values end to end, and where each row begins.

Files are raw bytes; their type and size stand in a table beside them, so a file
that lost its end is noticed before anything is read from it. Writing appends,
and reading maps: neither needs a data set to fit into memory.
"""

import dataclasses
import pathlib
from collections.abc import Iterable, Mapping
from typing import BinaryIO

import numpy as np

Table = dict[str, dict[str, str | int]]


class Writer:
  """Appends to the arrays of a folder; a context manager.

  Attributes:
    table: name -> dtype and number of values, as far as written.
  """

  def __init__(self, folder: pathlib.Path):
    self.table: Table = {}
    self._folder = folder
    self._files: dict[str, BinaryIO] = {}

  def __enter__(self):
    return self

  def __exit__(self, *exception):
    for file in self._files.values():
      file.close()

  def append(self, name: str, values: Iterable[int], dtype: str) -> None:
    """Writes values behind those that the array already has."""
    if name not in self._files:
      self._files[name] = open(self._folder / name, 'wb')  # noqa: SIM115
      self.table[name] = {'dtype': dtype, 'size': 0}
    array = np.asarray(values, dtype)
    self._files[name].write(array.tobytes())
    self.table[name]['size'] += array.size

  def append_row(self, name: str, values: np.ndarray, dtype: str) -> None:
    """Writes one row of a ragged array.

    Rows [7, 8] and [9] become `name.values` = [7, 8, 9] and `name.offsets` =
    [0, 2, 3].
    """
    if f'{name}.offsets' not in self._files:
      self.start(name, dtype)
    self.append(f'{name}.values', values, dtype)
    self.append(
      f'{name}.offsets', [self.table[f'{name}.values']['size']], 'int64'
    )

  def start(self, name: str, dtype: str) -> None:
    """Creates a ragged array that has no rows yet."""
    self.append(f'{name}.values', [], dtype)
    self.append(f'{name}.offsets', [0], 'int64')


@dataclasses.dataclass(frozen=True)
class Ragged:
  """Rows of unequal length.

  Attributes:
    values: all rows end to end.
    offsets: where each row begins, and at last where the last one ends.
  """

  values: np.ndarray
  offsets: np.ndarray

  def __len__(self) -> int:
    return len(self.offsets) - 1

  def __getitem__(self, row: int) -> np.ndarray:
    return self.values[self.offsets[row] : self.offsets[row + 1]]


def read(
  folder: pathlib.Path,
  table: Mapping[str, Mapping[str, str | int]],
  name: str,
) -> np.ndarray:
  """Returns a memory map of one array.

  Raises:
    ValueError: if the file is absent or does not have its full size.
  """
  path, dtype = folder / name, np.dtype(table[name]['dtype'])
  size = table[name]['size'] * dtype.itemsize
  check_size(path, size)
  if not size:
    return np.empty(0, dtype)
  # A plain array over the map: slices of `memmap` objects are slow to make.
  return np.asarray(np.memmap(path, dtype, 'r'))


def check_size(path: pathlib.Path, expected: int) -> None:
  """Raises a ValueError for a file without its full size, in bytes."""
  size = path.stat().st_size if path.exists() else 0
  if size != expected:
    raise ValueError(
      f'{path} is damaged: it has {size:,} bytes instead of {expected:,};'
      f' remove the folder {path.parent.parent} and it is built again.'
    )


def read_rows(
  folder: pathlib.Path,
  table: Mapping[str, Mapping[str, str | int]],
  name: str,
) -> Ragged:
  """Returns the memory maps of one ragged array.

  Raises:
    ValueError: if a file is absent or too short, or if the offsets do not
      fit the values.
  """
  values = read(folder, table, f'{name}.values')
  offsets = read(folder, table, f'{name}.offsets')
  fits = len(offsets) and offsets[0] == 0 and offsets[-1] == len(values)
  if not fits or np.any(np.diff(offsets) < 0):
    raise ValueError(
      f'{folder / name}.offsets is damaged: it does not divide the'
      f' {len(values):,} values of its array; remove the folder'
      f' {folder.parent} and it is built again.'
    )
  return Ragged(values, offsets)
