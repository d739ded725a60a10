"""What the config.gin that T5X left beside a checkpoint says of its network."""

import ast
import dataclasses
import io
import re
import tokenize
from collections.abc import Iterator
from typing import Any

from etils import epath

from distill_jax.models import config as config_lib
from distill_jax.weights import t5x_places, template

NAME = 'config.gin'
BUCKETS, MAX_DISTANCE = 32, 128  # in T5X's networks, where it is no setting
_DROPOUT = 'dropout_rate'
# `network.T5Config.mlp_activations`, after any module and scope.
_FIELD = re.compile(r'(?:[\w.]+/)*(?:[\w.]+\.)?T5Config\.(\w+)')
_LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Said:
  """Fields of T5Config with the values that a gin file binds.

  Attributes:
    place: the file, for messages.
    fields: those whose value is a literal or a macro of one; activations are
      a tuple of names.
  """

  place: str
  fields: dict[str, Any]


def read(file: epath.Path) -> Said | None:
  """Returns what the config.gin of a checkpoint says; None without one.

  It is looked for in the checkpoint's folder, then in the run's above. It is
  not run: only literals count.

  Raises:
    ValueError: if it is no gin file, or binds something else than a network
      can have.
  """
  home = t5x_places.home(file)
  for path in (home / NAME, home.parent / NAME):
    if path.exists():
      return Said(place=str(path), fields=_fields(path))
  return None


def text(config: config_lib.T5Config) -> str:
  """Returns the bindings of a network, for T5X and for `read`.

  Raises:
    ValueError: if T5X has no such network.
  """
  require_known(config)
  fields = template.architecture(config) | {_DROPOUT: config.dropout_rate}
  lines = [
    f'network.T5Config.{name} = {value!r}'
    for name, value in fields.items()
    if not name.startswith('relpos_')
  ]
  return '\n'.join(['from t5x.examples.t5 import network', '', *lines, ''])


def require_known(config: config_lib.T5Config) -> None:
  """Refuses relative positions that T5X's networks do not have.

  Raises:
    ValueError: for another number of buckets, or another distance.
  """
  got = (config.relpos_num_buckets, config.relpos_max_distance)
  if got != (BUCKETS, MAX_DISTANCE):
    raise ValueError(
      f'The network has {got[0]} buckets of relative positions up to a '
      f"distance of {got[1]}; T5X's networks have {BUCKETS} and {MAX_DISTANCE} "
      'and cannot be told otherwise.'
    )


def _fields(path: epath.Path) -> dict[str, Any]:
  try:
    bindings = dict(_bindings(path.read_bytes().decode()))
  except (UnicodeDecodeError, SyntaxError, tokenize.TokenError) as error:
    reason = str(error).split('\n')[0]
    raise ValueError(
      f'{path} cannot be read as a gin file ({reason}); copy it again, or '
      'remove it and give --activations.'
    ) from error
  fields = {}
  for name, value in bindings.items():
    match = _FIELD.fullmatch(name)
    if not match:
      continue
    if value.startswith('%'):
      value = bindings.get(value[1:], value)
    try:
      fields[match[1]] = ast.literal_eval(value)
    except (ValueError, SyntaxError):
      continue  # a reference to something that only gin can build
  return _checked(path, fields)


def _bindings(text: str) -> Iterator[tuple[str, str]]:
  """Gives name and value, as written, of each binding.

  Gin takes its files apart by Python's tokens too, so brackets and a backslash
  carry a value over lines.
  """
  said: list[str] = []
  for token in tokenize.generate_tokens(io.StringIO(text).readline):
    if token.type == tokenize.NEWLINE:
      if '=' in said:
        at = said.index('=')
        yield ''.join(said[:at]), ''.join(said[at + 1 :])
      said = []
    elif token.type not in _LAYOUT:
      said.append(token.string)


def _checked(path: epath.Path, fields: dict[str, Any]) -> dict[str, Any]:
  """Returns the fields with activations as a tuple; refuses other types."""
  dropout = fields.get(_DROPOUT, 0.0)
  if type(dropout) not in (int, float):
    raise ValueError(
      f'{path}: T5Config.{_DROPOUT} is {dropout!r}, expected a number; mend '
      'it there.'
    )
  if 'mlp_activations' not in fields:
    return fields
  names = fields['mlp_activations']
  listed = [names] if isinstance(names, str) else names
  if not isinstance(listed, list | tuple) or not all(
    isinstance(name, str) for name in listed
  ):
    raise ValueError(
      f'{path}: T5Config.mlp_activations is {names!r}, expected names as '
      "('gelu', 'linear'); mend it there."
    )
  return fields | {'mlp_activations': tuple(listed)}
