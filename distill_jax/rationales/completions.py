"""Raw completions of a teacher: numbered files that follow one another."""

import itertools
import json
import pathlib
from collections.abc import Iterator

from distill_jax.rationales import store


def read(folder: pathlib.Path, part: str) -> Iterator[str]:
  """Completions of `llm/<part>_CoT_0.json`, `..._1.json` and so on.

  Raises:
    ValueError: there is no such file, or one is no list of texts.
  """
  for path in _files(folder, part):
    yield from _strings(path)


def check(folder: pathlib.Path, part: str, rows: pathlib.Path) -> None:
  """Raises a ValueError where a file of rows has more or fewer of them."""
  expected = sum(1 for _ in store.raw_lines(rows))
  counts = {path: len(_strings(path)) for path in _files(folder, part)}
  found = sum(counts.values())
  if found != expected:
    last = list(counts)[-1]
    raise ValueError(
      f'{last}: {found} completions in {part}_CoT_*.json, expected '
      f'{expected}, one for each line of {rows}; take both from one release'
    )


def _files(folder: pathlib.Path, part: str) -> Iterator[pathlib.Path]:
  for number in itertools.count():
    path = folder / 'llm' / f'{part}_CoT_{number}.json'
    if path.is_file():
      yield path
    elif number:
      return
    else:
      raise ValueError(
        f'{path}: no such file, expected a list of raw completions; name the '
        'folder that holds the released data'
      )


def _strings(path: pathlib.Path) -> list[str]:
  try:
    found = json.loads(store.utf8(path.read_bytes(), path))
  except json.JSONDecodeError as error:
    raise ValueError(f'{path}: no JSON ({error})') from error
  if not isinstance(found, list) or not all(
    isinstance(item, str) for item in found
  ):
    raise ValueError(f'{path}: expected a JSON list of completions')
  return found
