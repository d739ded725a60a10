"""Splits that were tokenised range by range, put together again.

A part is what the tokeniser writes for one range of rows: arrays and facts, in
one file that is there whole or not at all.
"""

import contextlib
import pathlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from etils import epath

from distill_jax.data import arrays, ranges
from distill_jax.data import plan as plan_lib

_VALUES, _OFFSETS = '.values', '.offsets'
_PIECE = 2**20  # values that are copied at a time


def place(folder: epath.Path, one: ranges.Range) -> epath.Path:
  """Returns the file of a range's part."""
  return folder / f'{one.name}.zip'


def pack(folder: pathlib.Path, part: pathlib.Path) -> None:
  """Makes a part of the files in a folder.

  Who does it again writes the same bytes.
  """
  with zipfile.ZipFile(part, 'w') as packed:
    for path in sorted(folder.iterdir()):
      known = zipfile.ZipInfo(path.name)  # of no day: equal parts, equal bytes
      with (
        open(path, 'rb') as read,
        packed.open(known, 'w', force_zip64=True) as written,
      ):
        shutil.copyfileobj(read, written)


def join(
  parts: Iterable[tuple[ranges.Range, epath.Path]], folder: pathlib.Path
) -> dict[str, Any]:
  """Writes the arrays of a split, those of its parts one behind another.

  Args:
    parts: each range with its part, in the order of the rows.
    folder: of the split.

  Returns:
    What `writing.write` says of the same rows.

  Raises:
    ValueError: if a part is absent, damaged or not of its range.
  """
  counts: dict[str, dict[str, int]] = {}
  with arrays.Writer(folder) as writer:
    for one, path in parts:
      with _unpacked(path, folder) as part:
        facts = plan_lib.read_facts(part)
        _append(writer, part, facts['arrays'], one)
      for name, found in facts['features'].items():
        counts[name] = _merged(counts.get(name), found)
  return {'arrays': writer.table, 'features': counts}


def _append(
  writer: arrays.Writer,
  part: pathlib.Path,
  table: arrays.Table,
  one: ranges.Range,
) -> None:
  """Writes the arrays of a part behind those that are there."""
  values = (key for key in table if key.endswith(_VALUES))
  for name in (key.removesuffix(_VALUES) for key in values):
    rows = arrays.read_rows(part, table, name)
    if name == 'votes' and len(rows) != one.rows:
      raise ValueError(
        f'The part {one.name} has {len(rows):,} rows, expected {one.rows:,}; '
        'build the cache again.'
      )
    dtype = table[name + _VALUES]['dtype']
    if name + _VALUES not in writer.table:
      writer.start(name, dtype)
    before = writer.table[name + _VALUES]['size']
    for piece in _pieces(rows.values):
      writer.append(name + _VALUES, piece, dtype)
    for piece in _pieces(rows.offsets[1:]):
      writer.append(name + _OFFSETS, piece + before, 'int64')


def _pieces(values: np.ndarray) -> Iterator[np.ndarray]:
  """Gives an array in slices that are small beside a data set."""
  return (
    values[first : first + _PIECE] for first in range(0, len(values), _PIECE)
  )


def _merged(
  before: dict[str, int] | None, new: dict[str, int]
) -> dict[str, int]:
  """Returns the counts of a feature over what was counted in two steps."""
  if before is None:
    return new
  return {
    'texts': before['texts'] + new['texts'],
    'cut': before['cut'] + new['cut'],
    'longest': max(before['longest'], new['longest']),
  }


@contextlib.contextmanager
def _unpacked(path: epath.Path, beside: pathlib.Path) -> Iterator[pathlib.Path]:
  """Gives the files of a part in a folder that does not outlive this."""
  with tempfile.TemporaryDirectory(dir=beside) as name:
    try:
      with path.open('rb') as file, zipfile.ZipFile(file) as packed:
        packed.extractall(name)
    except (OSError, zipfile.BadZipFile) as error:
      raise ValueError(
        f'The part {path} cannot be read ({error}); build the cache again.'
      ) from error
    yield pathlib.Path(name)
