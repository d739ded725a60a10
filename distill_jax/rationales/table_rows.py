"""Rows of a table in a file of JSON lines, CSV or Parquet.

The end of the file's name says its form:

```
.jsonl, .ndjson, .json  {"question": "Why?", "label": 42} on every line
.csv                    commas or another sign between cells
.tsv                    tabs between cells
.parquet                columns
```

The first line of a CSV names its columns. Cells in double quotes may hold line
breaks and, doubled, quotes. Rows are read one after another.
"""

import csv
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from distill_jax.rationales import cells, fields, parquet, store

Row = tuple[str, Mapping[str, Any]]  # its place, and its cells by column

_LONGEST = 2**31 - 1  # characters of a cell: all that any platform takes
_LIKELY = (';', '\t', '|', ',')


def check(path: pathlib.Path) -> None:
  """Raises a ValueError where there is no file, or none of a known form."""
  if path.suffix.lower() not in _FORMS:
    raise ValueError(
      f'{path}: expected a name that ends in {", ".join(_FORMS)}; rename the '
      'file by its form, or convert it'
    )
  if not path.is_file():
    raise ValueError(
      f'{path}: no such file, expected a table; correct --gin.INPUT=...'
    )


def read(path: pathlib.Path, delimiter: str | None) -> Iterator[Row]:
  """Place and cells of every row, empty lines left out.

  Args:
    path: the file.
    delimiter: between the cells of a CSV; None for that of its name.

  Raises:
    ValueError: there is no such file, it has no row, or one is wrong, by file
      and line.
  """
  check(path)
  read_rows, own = _FORMS[path.suffix.lower()]
  there = False
  for row in read_rows(path, delimiter or own):
    there = True
    yield row
  if not there:
    raise ValueError(f'{path}: no row in it; take the whole file')


def _json_rows(path: pathlib.Path, delimiter: str) -> Iterator[Row]:
  del delimiter
  for line, data in store.lines(path, cells.loads):
    if not isinstance(data, dict):
      raise ValueError(
        f'{path}:{line}: got {fields.kind(data)}, expected one object in {{ }} '
        'on every line; write a list one item a line, without its brackets'
      )
    yield f'{path}:{line}', data


def _csv_rows(path: pathlib.Path, delimiter: str) -> Iterator[Row]:
  reader = _csv(path, delimiter)
  header = next(reader, None)
  if header is None:
    raise ValueError(
      f'{path}: empty, expected the names of the columns; take the whole file'
    )
  place, names = header[0], [name.strip() for name in header[1]]
  _check_header(place, names, delimiter)
  for place, found in reader:
    if len(found) != len(names):
      raise ValueError(
        f'{place}: {len(found)} cells, expected {len(names)} as in the first '
        'line; put cells that hold a delimiter or a line break in double '
        'quotes'
      )
    yield place, dict(zip(names, found))


def _csv(path: pathlib.Path, delimiter: str) -> Iterator[tuple[str, list[str]]]:
  """Place and cells of every line that is not empty."""
  reader = csv.reader(_texts(path), delimiter=delimiter, strict=True)
  while True:
    place = f'{path}:{reader.line_num + 1}'
    try:
      found = _unlimited(reader)
    except StopIteration:
      return
    except csv.Error as error:
      raise ValueError(
        f'{place}: {error}; close every quote of the cells from here on, '
        'double it inside a cell, and end lines with a line feed'
      ) from error
    if found:
      yield place, found


def _unlimited(reader: Iterator[list[str]]) -> list[str]:
  """The next line; the limit of a cell, which all readers share, stays."""
  limit = csv.field_size_limit(_LONGEST)
  try:
    return next(reader)
  finally:
    csv.field_size_limit(limit)


def _texts(path: pathlib.Path) -> Iterator[str]:
  """Lines of a file, with their ends."""
  with path.open('rb') as file:
    for line, raw in enumerate(file, start=1):
      yield store.utf8(raw, path, line)


def _check_header(place: str, names: list[str], delimiter: str) -> None:
  twice = [name for name in names if name and names.count(name) > 1]
  if twice:
    raise ValueError(
      f'{place}: column {twice[0]!r} stands there twice, expected every name '
      'once; rename one'
    )
  for number, name in enumerate(names):
    names[number] = name or f'column_{number + 1}'
  others = [sign for sign in _LIKELY if sign in names[0] and sign != delimiter]
  if len(names) == 1 and others:
    raise ValueError(
      f'{place}: one column {names[0]!r}, expected several with '
      f'{delimiter!r} between them; name the sign by '
      f'--gin.DELIMITER="{others[0]!r}"'
    )


def _parquet_rows(path: pathlib.Path, delimiter: str) -> Iterator[Row]:
  del delimiter
  return parquet.rows(path)


_FORMS = {
  '.jsonl': (_json_rows, ''),
  '.ndjson': (_json_rows, ''),
  '.json': (_json_rows, ''),
  '.csv': (_csv_rows, ','),
  '.tsv': (_csv_rows, '\t'),
  '.parquet': (_parquet_rows, ''),
}
