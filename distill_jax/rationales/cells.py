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


def whole(cell: Any) -> int | None:
  """The whole number in a cell, or None where it is empty.

  Raises:
    ValueError: there is something else in it.
  """
  found = number(cell)
  if found is not None and not found.is_integer():
    raise ValueError(f'is {found}, expected a whole number')
  return None if found is None else int(found)


def items(cell: Any) -> list[Any] | None:
  """A list, also one that is written as JSON; None of an empty cell.

  Raises:
    ValueError: it is something else.
  """
  found = _written(cell) if isinstance(cell, str) else cell
  if found is None or found == '':
    return None
  if not isinstance(found, list | tuple):
    raise ValueError(f'is {fields.kind(found)}, expected a list in [ ]')
  return list(found)


def choices(cell: Any, separator: str) -> tuple[str, ...] | None:
  """What to choose from, from a list or from one text.

  `choices('ice | fire', '|')` is `('ice', 'fire')`, and so is `choices({'text':
  ['ice', 'fire'], 'label': ['A', 'B']}, '|')`, as the data sets of a hub have
  it.

  Raises:
    ValueError: it is neither, or one of them is empty.
  """
  found = _written(cell) if isinstance(cell, str) else cell
  if isinstance(found, str) and found:
    if separator not in found:
      raise ValueError(
        f'is {found[:60]!r}, expected a JSON list or texts with '
        f'{separator!r} between them; name the sign by --gin.SEPARATOR=...'
      )
    found = [part.strip() for part in found.split(separator)]
  if isinstance(found, dict) and 'text' in found:
    found = found['text']
  listed = tuple(text(item) for item in items(found) or ())
  if None in listed:
    raise ValueError('has an empty choice, expected words')
  return listed or None


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


def _written(cell: str) -> Any:
  """What a text that looks like a JSON list says, else the text."""
  if not cell.strip().startswith('['):
    return cell.strip()
  try:
    return loads(cell)
  except ValueError:
    return cell
