"""A config.json: read, and its values checked for their types."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

Expected = tuple[tuple[type, ...], str]  # the types, and what they are called

WHOLE: Expected = ((int,), 'a whole number')
NUMBER: Expected = ((int, float), 'a number')
SWITCH: Expected = ((bool,), 'true or false')
NAME: Expected = ((str,), 'a name')


def load(path: pathlib.Path) -> dict[str, Any]:
  """Returns what a file says.

  Raises:
    ValueError: if it is no JSON object.
  """
  try:
    said = json.loads(path.read_text())
  except (json.JSONDecodeError, UnicodeDecodeError) as error:
    raise ValueError(
      f'{path} is no JSON ({error}); expected the config.json of a model.'
    ) from error
  if not isinstance(said, dict):
    raise ValueError(f'{path} is no JSON object, expected one.')
  return said


def require(
  path: pathlib.Path,
  said: Mapping[str, Any],
  needed: Mapping[str, Expected],
  optional: Mapping[str, Expected],
  kind: str,
) -> None:
  """Refuses values that are absent or of another type.

  Args:
    path: of the file.
    said: what it says.
    needed: keys that have to be there.
    optional: keys that may be.
    kind: of the model, for messages.

  Raises:
    ValueError: for the first of them.
  """
  for key, (types, shown) in {**needed, **optional}.items():
    if key in optional and key not in said:
      continue
    value = said.get(key, 'absent')
    if type(value) not in types:
      raise ValueError(
        f'{path}: {key} is {value!r}, expected {shown}, as in the config.json '
        f'of a {kind}.'
      )


def require_fixed(
  path: pathlib.Path, said: Mapping[str, Any], fixed: Mapping[str, Any]
) -> None:
  """Refuses what our network cannot be told; an absent key is fine.

  Raises:
    ValueError: for the first value that is another one.
  """
  for key, value in fixed.items():
    if said.get(key, value) != value:
      raise ValueError(
        f'{path}: {key} is {said[key]!r}, expected {value!r}, the only value '
        'that is supported.'
      )
