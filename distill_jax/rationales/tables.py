"""Records of a plain table: JSON lines, CSV or Parquet.

A row is a question with one rationale, or with a list of them. Rows need not
follow one another to belong together, so all are in memory before the first
record comes: about 1 kB each beside their text.
"""

import dataclasses
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from distill_jax.rationales import columns as columns_lib
from distill_jax.rationales import grouping, importing, table_row, table_rows


@dataclasses.dataclass(frozen=True, kw_only=True)
class Table:
  """A table.

  Attributes:
    path: the file; the end of its name says its form, see `table_rows`.
    columns: which column holds what.
    delimiter: between the cells of a CSV; None for a comma, or for a tab in a
      '.tsv'.
  """

  path: str
  columns: columns_lib.Columns = columns_lib.Columns()
  delimiter: str | None = None

  def __post_init__(self):
    if self.delimiter is not None and len(self.delimiter) != 1:
      raise ValueError(
        f'Table.delimiter is {self.delimiter!r}, expected one sign.'
      )

  def check(self) -> None:
    """Raises a ValueError where there is no file, or none of a known form."""
    table_rows.check(self._file)

  def read(self) -> importing.Reading:
    """The records, and what became of the columns.

    Raises:
      ValueError: the file or a row is wrong, a column is missing, or two rows
        of a question contradict each other; by file and line.
    """
    groups = grouping.Groups(self._file.stem)
    shapes: dict[tuple[str, ...], None] = {}
    for place, row in table_rows.read(self._file, self.delimiter):
      shapes[tuple(row)] = None
      try:
        groups.add(self._told(row, place), place)
      except ValueError:
        self._check_columns(shapes)  # says better what is wrong, if it does
        raise
    self._check_columns(shapes)
    return importing.Reading(
      records=groups.records(), told=tuple(self._about(groups, shapes))
    )

  @property
  def _file(self) -> pathlib.Path:
    return pathlib.Path(self.path).expanduser()

  def _told(self, row: Mapping[str, Any], place: str) -> table_row.Told:
    try:
      return table_row.read(row, self.columns)
    except ValueError as error:
      raise ValueError(f'{place}: {error}') from error

  def _check_columns(self, shapes: Iterable[tuple[str, ...]]) -> None:
    try:
      self.columns.check(set().union(*shapes))
    except ValueError as error:
      raise ValueError(f'{self._file}: {error}') from error

  def _about(
    self, groups: grouping.Groups, shapes: Iterable[tuple[str, ...]]
  ) -> Iterator[tuple[str, str]]:
    """What was read, and what each column became."""
    yield 'input', f'{self._file}, {groups.rows:,} rows'
    places: dict[str, dict[str, None]] = {}
    for names in shapes:
      for name, place in table_row.becomes(self.columns, names).items():
        places.setdefault(name, {})[place or 'left out'] = None
    for name, found in places.items():
      yield 'column', f'{name} -> {" or ".join(found)}'
    if groups.silent:
      lost = 'answers without a rationale, which no record can hold'
      yield 'lost', f'{lost}: {groups.silent:,}'
