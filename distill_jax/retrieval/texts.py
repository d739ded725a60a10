"""Ids and texts of passages on disk, each found by its position."""

import array
import mmap
import pathlib

import numpy as np

from distill_jax.rationales import record

_BYTES = 'passages.bin'  # id, text, id, text, ... without anything between
_STARTS = 'starts.npy'  # where each of them starts, and where the last one ends
_ERRORS = 'surrogatepass'  # JSON may hold halves of characters


class Writer:
  """Writes passages one after another; a context manager."""

  def __init__(self, folder: pathlib.Path):
    """Begins the two files in a folder."""
    self._folder = folder
    self._file = (folder / _BYTES).open('wb')
    self._starts = array.array('q', [0])

  def __enter__(self) -> 'Writer':
    return self

  def __exit__(self, *raised) -> None:
    self._file.close()
    np.save(self._folder / _STARTS, np.array(self._starts, np.int64))

  def add(self, passage: record.Passage) -> None:
    """Puts a passage behind the others."""
    for text in (passage.id, passage.text):
      size = self._file.write(text.encode('utf-8', _ERRORS))
      self._starts.append(self._starts[-1] + size)


class Texts:
  """What a `Writer` has written; it stays on disk until it is read."""

  def __init__(self, folder: pathlib.Path):
    """Opens the two files.

    Raises:
      ValueError, OSError: they are not there, or do not fit each other.
    """
    with (folder / _BYTES).open('rb') as file:
      self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    self._starts = np.asarray(np.load(folder / _STARTS, mmap_mode='r'))
    if self._starts.dtype != np.int64 or self._starts[-1] != len(self._bytes):
      raise ValueError(f'{_STARTS} does not fit {_BYTES}')

  def __len__(self) -> int:
    """Passages."""
    return len(self._starts) // 2

  def of(self, positions: np.ndarray) -> list[tuple[str, str]]:
    """Id and text of the passages at some positions."""
    first, data = 2 * positions, self._bytes
    bounds = (self._starts[first + more].tolist() for more in range(3))
    return [
      (
        data[start:middle].decode('utf-8', _ERRORS),
        data[middle:end].decode('utf-8', _ERRORS),
      )
      for start, middle, end in zip(*bounds)
    ]

  def ids(self) -> list[str]:
    """The ids of all passages in their order."""
    starts, ends = self._starts[:-1:2].tolist(), self._starts[1::2].tolist()
    return [
      self._bytes[start:end].decode('utf-8', _ERRORS)
      for start, end in zip(starts, ends)
    ]
