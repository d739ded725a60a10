"""A configuration as gin text."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from distill_jax.cli import annotations, configuration, names
from distill_jax.cli import plan as plan_lib


def written(value: Any, name: Callable[[names.Target], str] = str) -> str:
  """A value as a gin file has it.

  Args:
    value: literals, references and macros inside tuples, lists and dicts.
    name: gives the name under which a reference's target is known.
  """

  def inner(*values: Any) -> str:
    return ', '.join(written(value, name) for value in values)

  match value:
    case configuration.Reference():
      scoped = '/'.join([*value.scopes, name(value.target)])
      return f'@{scoped}()' if value.evaluate else f'@{scoped}'
    case tuple():
      return f'({inner(*value)},)' if len(value) == 1 else f'({inner(*value)})'
    case list():
      return f'[{inner(*value)}]'
    case dict():
      items = (f'{inner(key)}: {inner(item)}' for key, item in value.items())
      return f'{{{", ".join(items)}}}'
    case str() | int() | float() | bool() | None:
      return repr(value)
  return str(value)


def with_type(value: Any) -> str:
  """A value as a gin file has it and, for literals, the name of its type."""
  if value is None or isinstance(value, configuration.Reference):
    return written(value)
  return f'{written(value)} ({type(value).__name__})'


def text(plan: plan_lib.Plan) -> str:
  """One gin file that builds the same object: the content of `config.gin`.

  One binding a line, sorted, the includes resolved; macros have the value that
  was given last. Literal defaults are written out, so that a later version of
  the package with other defaults builds the same. The text of this text is
  this text.
  """
  aliases = _aliases(plan)
  bindings = {
    line for call in plan.calls for line in _lines(plan, call, aliases)
  }
  macros = [
    f'{name} = {written(plan.bound.macros[name][-1].value, _namer(aliases))}'
    for name in sorted(plan.macros)
  ]
  blocks = [
    ['from __gin__ import dynamic_registration'],
    [_import(module, alias) for module, alias in aliases.items()],
    macros,
    sorted(bindings),
  ]
  return '\n\n'.join('\n'.join(block) for block in blocks if block) + '\n'


def _lines(
  plan: plan_lib.Plan, call: plan_lib.Call, aliases: dict[str, str]
) -> Iterator[str]:
  """Yields the bindings of a call's target and its literal defaults."""
  namer = _namer(aliases)
  selector = namer(call.target)
  scopes = plan.bound.bindings.get(call.target.call, {})
  for length in range(len(call.scope) + 1):
    scope = call.scope[:length]
    key = '/'.join([*scope, selector])
    for parameter, given in scopes.get(scope, {}).items():
      yield f'{key}.{parameter} = {written(given[-1].value, namer)}'
  for parameter, value in _defaults(call).items():
    if parameter not in call.arguments:
      yield f'{selector}.{parameter} = {written(value)}'


def _defaults(call: plan_lib.Call) -> dict[str, Any]:
  """Literal defaults of a call that builds something."""
  if not call.evaluate:
    return {}
  hints = annotations.hints(call.target.call)
  return {
    name: parameter.default
    for name, parameter in call.target.parameters.items()
    if all(map(_is_literal, configuration.leaves(parameter.default)))
    and annotations.fits(parameter.default, hints.get(name, Any))
  }


def _is_literal(value: Any) -> bool:
  if type(value) is float:
    return math.isfinite(value)
  return value is None or type(value) in (bool, int, str)


def _aliases(plan: plan_lib.Plan) -> dict[str, str]:
  """A short name of its own for every module that the plan calls into."""
  aliases = {}
  for module in sorted({call.target.module for call in plan.calls}):
    parts = module.split('.')
    length = 1
    while (alias := '_'.join(parts[-length:])) in {*aliases.values(), 'gin'}:
      length += 1
    aliases[module] = alias
  return aliases


def _namer(aliases: dict[str, str]) -> Callable[[names.Target], str]:
  return lambda target: f'{aliases[target.module]}.{target.name}'


def _import(module: str, alias: str) -> str:
  package, _, last = module.rpartition('.')
  renamed = '' if alias == last else f' as {alias}'
  return (
    f'from {package} import {last}{renamed}'
    if package
    else (f'import {last}{renamed}')
  )
