"""Rows of a Parquet file, a batch of them in memory at a time."""

import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyarrow import parquet

_BATCH = 1_000  # rows


def rows(path: pathlib.Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
  """Place, 'x.parquet, row 3', and cells of every row; rows count from 1.

  Raises:
    ValueError: the file is damaged or no Parquet.
  """
  number = 0
  try:
    with parquet.ParquetFile(path) as file:
      for batch in file.iter_batches(batch_size=_BATCH):
        for row in _worded(batch).to_pylist():
          number += 1
          yield f'{path}, row {number}', row
  except (pa.ArrowException, OSError, ValueError) as error:
    said = str(error).rstrip('. ').splitlines()[0]
    raise ValueError(
      f'{path}: cannot be read behind row {number} ({said}), expected a whole '
      'Parquet file; take it anew'
    ) from error


def _worded(batch: pa.RecordBatch) -> pa.RecordBatch:
  """The rows with their times as text: Python has no nanoseconds."""
  for number, field in enumerate(batch.schema):
    if pa.types.is_timestamp(field.type) or pa.types.is_time(field.type):
      times = batch.column(number).cast(pa.string())
      batch = batch.set_column(number, field.name, times)
  return batch
