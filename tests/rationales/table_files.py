"""Tables that tests write and read."""

import json

from distill_jax.rationales import columns as columns_lib
from distill_jax.rationales import tables


def read(path, **named):
  """The records of a table, by names of its columns."""
  delimiter = named.pop('delimiter', None)
  table = tables.Table(
    path=str(path),
    columns=columns_lib.Columns(**named),
    delimiter=delimiter,
  )
  return list(table.read().records)


def file(folder, text, name='x.csv'):
  """A file that holds a text, or bytes."""
  path = folder / name
  path.write_bytes(text if isinstance(text, bytes) else text.encode())
  return path


def jsonl(folder, *rows):
  """A file of JSON lines, of objects or of lines as they are written."""
  lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
  return file(folder, '\n'.join(lines), 'x.jsonl')
