"""What a token cache depends on, and a digest of it; no SeqIO needed."""

import dataclasses
import hashlib
import importlib
import json
import pathlib
from collections.abc import Sequence
from types import ModuleType
from typing import Any

# Raise it when the files of a cache change their form.
FORMAT = 3

# Whoever turns files into texts, and texts into ids, and says what was lost.
_CODE = ('distill_jax.text', 'distill_jax.rationales')
_MODULES = (
  'beam_worker',
  'build',
  'census',
  'notices',
  'parts',
  'prepare',
  'ranges',
  'tally',
  'writing',
)


def digest(facts: dict[str, Any]) -> str:
  """Returns 64 hexadecimal digits that change with any of the facts."""
  return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def settings(value: Any) -> Any:
  """Returns a setting as JSON has it; a dataclass keeps its class's name."""
  if dataclasses.is_dataclass(value):
    fields = {
      field.name: settings(getattr(value, field.name))
      for field in dataclasses.fields(value)
    }
    return {'class': type(value).__name__, **fields}
  return value


def code(task: ModuleType) -> dict[str, str]:
  """Returns the digests of the task and of all code between it and ids."""
  path = pathlib.Path(task.__file__)
  return {_name(path): _source(path)} | own_code()


def own_code() -> dict[str, str]:
  """Returns the digests of all code of this package between task and ids."""
  here = pathlib.Path(__file__).parent
  paths = [here / f'{name}.py' for name in _MODULES]
  for package in _CODE:
    folder = pathlib.Path(importlib.import_module(package).__file__).parent
    paths += sorted(folder.glob('*.py'))
  return {_name(path): _source(path) for path in paths}


def _name(path: pathlib.Path) -> str:
  return f'{path.parent.name}/{path.name}'


def modules(names: Sequence[str]) -> dict[str, str]:
  """Returns the digests of modules of this package, by their names."""
  here = pathlib.Path(__file__).parent
  return {f'{name}.py': _source(here / f'{name}.py') for name in names}


def inputs(
  folder: pathlib.Path, patterns: Sequence[str] = ()
) -> dict[str, str]:
  """Returns the digests of the files that a data set reads.

  Names are relative to the folder, so that a copy elsewhere has the same
  digests.

  Args:
    folder: of the data set.
    patterns: globs of its files; without any, all files count that are not
      hidden.
  """
  found = {
    path
    for pattern in patterns or ('**/*',)
    for path in folder.glob(pattern)
    if path.is_file() and (patterns or not path.name.startswith('.'))
  }
  return {
    path.relative_to(folder).as_posix(): _bytes(path) for path in sorted(found)
  }


def _source(path: pathlib.Path) -> str:
  """Returns the digest of a source file, whatever its line endings."""
  text = path.read_bytes().replace(b'\r\n', b'\n')
  return hashlib.sha256(text).hexdigest()


def _bytes(path: pathlib.Path) -> str:
  """Returns the digest of a file, read in pieces."""
  with open(path, 'rb') as file:
    return hashlib.file_digest(file, 'sha256').hexdigest()
