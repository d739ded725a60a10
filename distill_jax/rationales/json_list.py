"""A file that is one JSON list, item by item with its line."""

import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

from distill_jax.rationales import store

_SPACE = re.compile(r'\s*')
_DECODER = json.JSONDecoder()


def items(path: pathlib.Path) -> Iterator[tuple[int, Any]]:
  r"""Line, from 1, on which an item begins, and the decoded item.

  A file of '[7,\n8]' gives (1, 7) and (2, 8).

  Raises:
    ValueError: the file is absent, not UTF-8, or no list, by file and line.
  """
  if not path.is_file():
    raise ValueError(
      f'{path}: no such file, expected one JSON list; name the folder that '
      'holds it'
    )
  text = store.utf8(path.read_bytes(), path)
  try:
    yield from _items(text)
  except json.JSONDecodeError as error:
    raise ValueError(
      f'{path}:{error.lineno}: no JSON ({error.msg} at character '
      f'{error.colno}), expected one list of objects; take the file of the '
      'release'
    ) from error


def _items(text: str) -> Iterator[tuple[int, Any]]:
  line, counted, at = 1, 0, _after(text, 0, '[')
  while not text.startswith(']', at):
    line, counted = line + text.count('\n', counted, at), at
    item, end = _DECODER.raw_decode(text, at)
    yield line, item
    at = _SPACE.match(text, end).end()
    if not text.startswith(']', at):
      at = _after(text, at, ',')


def _after(text: str, start: int, mark: str) -> int:
  """Where the text goes on behind a mark and the spaces around it."""
  at = _SPACE.match(text, start).end()
  if not text.startswith(mark, at):
    raise json.JSONDecodeError(f'Expecting {mark!r}', text, at)
  return _SPACE.match(text, at + 1).end()
