"""Cells of a table, whatever its file has made of them."""

import datetime
import decimal
import functools
import json
import math
from typing import Any

from distill_jax.rationales import fields

_WHOLE = 2.0**53  # floats below it tell all whole numbers apart


class Number(str):
  """A number of a JSON file as it is written there: '42', '1.50', '1e3'."""


loads = functools.partial(json.loads, parse_int=Number, parse_float=Number)


def text(cell: Any) -> str | None:
  """The words of a cell, or None where it is empty.

  A number reads as it is written; the float of a binary file, which is written
  nowhere, reads '42' where it is whole.

  Raises:
    ValueError: it is a list or something else without words.
  """
  cell = _plain(cell)
  if cell is None or isinstance(cell, str):
    return cell if cell and cell.strip() else None
  if isinstance(cell, bool):
    return str(cell).lower()
  if isinstance(cell, float):
    whole = cell.is_integer() and abs(cell) < _WHOLE
    return str(int(cell)) if whole else repr(cell)
  if isinstance(cell, int):
    return str(cell)
  raise ValueError(f'is {fields.kind(cell)}, expected text or a number')


def number(cell: Any) -> float | None:
  """The number in a cell, or None where it is empty.

  Raises:
    ValueError: there is something else in it.
  """
  words = text(cell)
  if words is None:
    return None
  try:
    found = float(words)
  except ValueError:
    found = math.nan
  if not math.isfinite(found):
    raise ValueError(f'is {words[:40]!r}, expected a number')
  return found


def value(cell: Any) -> Any:
  """A cell as JSON has it: '42' of a JSON file is 42 again.

  Raises:
    ValueError: JSON cannot hold it.
  """
  if isinstance(cell, Number):
    whole = cell.lstrip('-').isdigit()
    return int(cell) if whole else _plain(float(cell))
  if isinstance(cell, dict):
    return {key: value(item) for key, item in cell.items()}
  if isinstance(cell, list | tuple):
    return [value(item) for item in cell]
  return _plain(cell)


def _plain(cell: Any) -> Any:
  """A cell as JSON has it; what stands for nothing is None."""
  if isinstance(cell, float) and not math.isfinite(cell):
    if math.isnan(cell):
      return None
    raise ValueError(f'is {cell}, expected a finite number')
  if isinstance(cell, decimal.Decimal):
    return f'{cell:f}'
  if isinstance(cell, datetime.date | datetime.time):
    return cell.isoformat()
  if cell is None or isinstance(cell, str | bool | int | float | list | dict):
    return cell
  raise ValueError(f'is {fields.kind(cell)}, expected text or a number')
