"""Raw completions of a teacher: numbered files that follow one another."""

import json
import pathlib
import re
from collections.abc import Callable, Iterator

from distill_jax.rationales import fields, store


def read(folder: pathlib.Path, part: str) -> Iterator[str]:
  """Completions of `llm/<part>_CoT_0.json`, `..._1.json` and so on.

  Raises:
    ValueError: there is no such file, or one is no list of texts.
  """
  for path in _files(folder, part):
    yield from _strings(path)


def are_there(folder: pathlib.Path, part: str) -> bool:
  """Whether there is any such file."""
  return bool(_numbers(folder, part))


def check(
  folder: pathlib.Path,
  part: str,
  rows: pathlib.Path,
  place: Callable[[int], str],
) -> None:
  """Raises a ValueError where a file of rows has more or fewer of them.

  Args:
    folder: of the data.
    part: whose completions are counted.
    rows: the file.
    place: where a row stands in it, and what it asks; rows count from 0.
  """
  expected = sum(1 for _ in store.raw_lines(rows))
  counts = {path: len(_strings(path)) for path in _files(folder, part)}
  found = sum(counts.values())
  if found == expected:
    return
  last = list(counts)[-1]
  alone = (
    f'they end with [{counts[last] - 1}] of {last.name} and {place(found)} is '
    'the first without one'
    if found < expected
    else f'{_at(expected, counts)} is the first without a line'
  )
  raise ValueError(
    f'{last}: {found} completions in {part}_CoT_*.json, expected {expected}, '
    f'one for each line of {rows}; {alone}; take both from one release'
  )


def _at(number: int, counts: dict[pathlib.Path, int]) -> str:
  """Where a completion stands: '[3] of train_CoT_1.json'."""
  for path, count in counts.items():
    if number < count:
      return f'[{number}] of {path.name}'
    number -= count
  raise IndexError(number)


def _files(folder: pathlib.Path, part: str) -> Iterator[pathlib.Path]:
  """The files in their order; none may be missing among them."""
  there = _numbers(folder, part)
  last = max(there, default=0)
  for number in range(last + 1):
    path = _path(folder, part, number)
    if number not in there:
      more = f' before {_path(folder, part, last).name}' if there else ''
      raise ValueError(
        f'{path}: no such file, expected a list of raw completions{more}; '
        'name the folder that holds the released data'
      )
    yield path


def _numbers(folder: pathlib.Path, part: str) -> set[int]:
  named = re.compile(rf'{re.escape(part)}_CoT_(0|[1-9]\d*)\.json')
  found = (named.fullmatch(path.name) for path in (folder / 'llm').glob('*'))
  return {int(match[1]) for match in found if match}


def _path(folder: pathlib.Path, part: str, number: int) -> pathlib.Path:
  return folder / 'llm' / f'{part}_CoT_{number}.json'


def _strings(path: pathlib.Path) -> list[str]:
  try:
    found = json.loads(store.utf8(path.read_bytes(), path))
  except json.JSONDecodeError as error:
    raise ValueError(
      f'{path}:{error.lineno}: no JSON ({error.msg} at character '
      f'{error.colno}), expected one list of completions; take the file of the '
      'release'
    ) from error
  if not isinstance(found, list):
    raise ValueError(
      f'{path}: expected a JSON list of completions, got {fields.kind(found)}; '
      'take the file of the release'
    )
  for number, item in enumerate(found):
    if not isinstance(item, str):
      raise ValueError(
        f'{path}: [{number}] is {fields.kind(item)}, expected the text of a '
        'completion; take the file of the release'
      )
  return found
