"""The rationale store: a file of JSON lines, one record each."""

import json
import os
import pathlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from distill_jax.rationales import record as record_lib


def read(path: str | os.PathLike) -> Iterator[record_lib.Record]:
  """The records of a file, in its order.

  A record without `example_id` is named after its file and line: 'train/3'.

  Raises:
    ValueError: the file is absent or empty, or a line is wrong; the sentence
      names file and line, what is wrong, and how to mend it.
  """
  path = pathlib.Path(path)
  seen: dict[str, int] = {}
  for line, data in lines(path):
    name, place = f'{path.stem}/{line}', f'{path}:{line}'
    try:
      record = record_lib.from_json(data, name, place)
    except ValueError as error:
      raise ValueError(f'{place}: {error}') from error
    first = seen.setdefault(record.example_id, line)
    if first != line:
      raise ValueError(
        f'{place}: example_id {record.example_id!r} was used in line '
        f'{first} already, expected a new one; rename it or merge the '
        'rationales of the two lines'
      )
    yield record


def lines(
  path: str | os.PathLike, loads: Callable[[str], Any] = json.loads
) -> Iterator[tuple[int, Any]]:
  """Line numbers, from 1, and decoded values of a file of JSON lines.

  Empty lines are passed over.

  Args:
    path: the file.
    loads: decodes a line, as `json.loads` does.

  Raises:
    ValueError: the file is absent, holds no line, is not UTF-8, or a line is
      no JSON.
  """
  path = pathlib.Path(path)
  for line, raw in raw_lines(path):
    yield line, _decode(raw, path, line, loads)


def raw_lines(path: str | os.PathLike) -> Iterator[tuple[int, bytes]]:
  """Line numbers, from 1, and bytes of the lines that are not empty.

  Raises:
    ValueError: the file is absent or holds no line.
  """
  path = pathlib.Path(path)
  if not path.is_file():
    raise ValueError(
      f'{path}: no such file, expected one JSON object per line; correct the '
      'path, or put the file there'
    )
  number = 0
  with path.open('rb') as file:
    for line, raw in enumerate(file, start=1):
      if raw.strip():
        number += 1
        yield line, raw
  if not number:
    raise ValueError(
      f'{path}: empty, expected one JSON object per line; take the whole file'
    )


def utf8(raw: bytes, path: pathlib.Path, line: int = 1) -> str:
  """The text of bytes, which begin at a line of a file.

  Raises:
    ValueError: they are not UTF-8, by file and line.
  """
  encoding = 'utf-8-sig' if line == 1 else 'utf-8'
  try:
    return raw.decode(encoding)
  except UnicodeDecodeError as error:
    before = error.object[: error.start].split(b'\n')
    raise ValueError(
      f'{path}:{line + len(before) - 1}: not UTF-8 ({error.reason} at byte '
      f'{len(before[-1])}); save the file in UTF-8'
    ) from error


def write(
  path: str | os.PathLike, records: Iterable[record_lib.Record]
) -> None:
  """Writes records so that the file appears whole or not at all.

  They go aside into the same folder and are renamed at the end; an error on
  the way leaves what was there before.

  Raises:
    ValueError: a text cannot be written, by the record's place.
  """
  path = pathlib.Path(path)
  path.parent.mkdir(parents=True, exist_ok=True)
  handle, aside = tempfile.mkstemp(
    prefix=f'.{path.name}.', suffix='.aside', dir=path.parent
  )
  try:
    with os.fdopen(handle, 'wb') as file:
      for record in records:
        file.write(_encoded(record))
      file.flush()
      os.fsync(file.fileno())
    os.chmod(aside, 0o666 & ~_umask())
    os.replace(aside, path)
  except BaseException:
    os.unlink(aside)
    raise


def _decode(
  raw: bytes, path: pathlib.Path, line: int, loads: Callable[[str], Any]
) -> Any:
  text = utf8(raw.rstrip(), path, line)
  try:
    return loads(text)
  except json.JSONDecodeError as error:
    wrong = f'{error.msg} at character {error.colno}'
  except RecursionError:
    wrong = 'brackets nested too deep'
  raise ValueError(
    f'{path}:{line}: no JSON ({wrong}); expected one object on one line, '
    'keys and text in double quotes'
  )


def _encoded(record: record_lib.Record) -> bytes:
  """The line of a record."""
  line = json.dumps(record_lib.to_json(record), ensure_ascii=False) + '\n'
  try:
    return line.encode()
  except UnicodeEncodeError as error:
    raise ValueError(
      f'{record.place or record.example_id}: half a character '
      f'({error.object[error.start]!r}), which UTF-8 cannot hold; remove it'
    ) from error


def _umask() -> int:
  """The permissions that new files lack here."""
  mask = os.umask(0)
  os.umask(mask)
  return mask
