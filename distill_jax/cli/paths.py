"""Paths in a configuration, which outlives the folder it was written in."""

import os

from distill_jax import hub
from distill_jax.cli import plan as plan_lib

# What `Vocabulary.path` takes beside a path.
_WORDS = ('embedded', 'invented_facts')


def anchor(plan: plan_lib.Plan) -> None:
  """Makes relative paths absolute where they are bound.

  So `config.gin` means the same files wherever it is read. A parameter is a
  path if it is called `path` or ends in `_dir`. Object stores, `~/...`, words
  and, where it is called `path`, names on the hub stay as they are written.
  """
  for call in plan.calls:
    for name, argument in call.arguments.items():
      given = plan.expand(argument)
      if _is_path(name) and _is_relative(given.value, name):
        plan.bound.rebind(given, os.path.abspath(given.value))


def _is_path(parameter: str) -> bool:
  return parameter == 'path' or parameter.endswith('_dir')


def _is_relative(value: object, parameter: str) -> bool:
  return (
    isinstance(value, str)
    and bool(value)
    and value not in _WORDS
    and '://' not in value
    and not value.startswith(('/', '~'))
    and not (parameter == 'path' and hub.is_name(value))
  )
