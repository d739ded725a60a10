"""What the config.gin that T5X left beside a checkpoint says of its network."""

import ast
import dataclasses
import re
from typing import Any

from etils import epath

from distill_jax.models import config as config_lib
from distill_jax.weights import t5x_places, template

NAME = 'config.gin'
BUCKETS, MAX_DISTANCE = 32, 128  # in T5X's networks, where it is no setting
# `network.T5Config.mlp_activations = ('gelu', 'linear')`, after any module and
# scope; gin breaks a long line after a backslash.
_BINDING = re.compile(
  r'^(?:[\w.]+/)*(?:[\w.]+\.)?T5Config\.(\w+) *=\s*(.+)$', re.MULTILINE
)
_LITERAL_MACRO = re.compile(r'^(\w+) *=\s*(.+)$', re.MULTILINE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Said:
  """Fields of T5Config with the values that a gin file binds.

  Attributes:
    place: the file, for messages.
    fields: those whose value is a literal or a macro of one.
  """

  place: str
  fields: dict[str, Any]


def read(file: epath.Path) -> Said | None:
  """Returns what the config.gin of a checkpoint says; None without one.

  It is looked for in the checkpoint's folder, then in the run's above. It is
  not run: only literals count.
  """
  home = t5x_places.home(file)
  for path in (home / NAME, home.parent / NAME):
    if path.exists():
      return Said(place=str(path), fields=_fields(path.read_text()))
  return None


def text(config: config_lib.T5Config) -> str:
  """Returns the bindings of a network, for T5X and for `read`.

  Raises:
    ValueError: if T5X has no such network.
  """
  require_known(config)
  lines = [
    f'network.T5Config.{name} = {value!r}'
    for name, value in template.architecture(config).items()
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


def _fields(text: str) -> dict[str, Any]:
  text = re.sub(r'\\\n\s*', '', text)
  macros = dict(_LITERAL_MACRO.findall(text))
  fields = {}
  for name, value in _BINDING.findall(text):
    if value.startswith('%'):
      value = macros.get(value[1:].strip(), value)
    try:
      fields[name] = ast.literal_eval(value)
    except (ValueError, SyntaxError):
      continue  # a reference to something that only gin can build
  return fields
