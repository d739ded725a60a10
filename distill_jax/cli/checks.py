"""The checks of a plan: every binding used, given, and of the right type."""

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

from distill_jax.cli import (
  annotations,
  configuration,
  errors,
  overriding,
  protocols,
  writing,
)
from distill_jax.cli import plan as plan_lib


def check(plan: plan_lib.Plan) -> None:
  """Raises `errors.UsageError` for the first binding that cannot be meant."""
  written = plan_lib.Plan(plan.bound, plan.root, overridden=True)
  _check_macros_used(written)
  _check_bindings_used(written)
  overriding.check(plan)
  for call in plan.calls:
    _check_given(plan, call)
  for call in plan.calls:
    _check_types(plan, call)


def _check_macros_used(plan: plan_lib.Plan) -> None:
  for name, given in plan.bound.macros.items():
    if name not in plan.macros:
      others = set(plan.macros) - {name}
      raise errors.UsageError(
        f'{given[-1].place}: nothing uses the macro {name}'
        + errors.mend(name, others)
      )


def _check_bindings_used(plan: plan_lib.Plan) -> None:
  """A binding is used where a call in its scope or deeper is reached."""
  reached = {}
  for call in plan.calls:
    scopes = reached.setdefault(call.target.call, set())
    scopes.update(call.scope[:n] for n in range(len(call.scope) + 1))
  for called, scopes in plan.bound.bindings.items():
    target = plan.bound.targets[called]
    for scope, arguments in scopes.items():
      if scope in reached.get(called, ()):
        continue
      place = next(iter(arguments.values()))[-1].place
      if called in reached:
        known = ['/'.join(one) for one in reached[called] if one]
        scope = '/'.join(scope)
        raise errors.UsageError(
          f'{place}: nothing refers to {target} in the scope {scope!r}'
          + errors.mend(scope, known)
        )
      used = {str(call.target) for call in plan.calls}
      raise errors.UsageError(
        f'{place}: nothing that {plan.root} leads to refers to {target}'
        + errors.mend(str(target), used, listed=False)
      )


def _check_given(plan: plan_lib.Plan, call: plan_lib.Call) -> None:
  """Every required macro and parameter has a value."""
  for name, argument in call.arguments.items():
    expanded = plan.expand(argument)
    if plan_lib.REQUIRED in list(configuration.leaves(expanded.value)):
      raise errors.UsageError(_ask(plan, call, name, expanded.place))
  if not call.evaluate:
    return
  for name, parameter in call.target.parameters.items():
    if parameter.default is parameter.empty and name not in call.arguments:
      place = f'{call.place}: ' if call.place else ''
      raise errors.UsageError(
        f'{place}{call.target} needs {name!r}: write '
        f'`{_selector(call)}.{name} = ...` in a gin file'
      )


def _ask(
  plan: plan_lib.Plan, call: plan_lib.Call, parameter: str, place: str
) -> str:
  """How to give a value that a gin file leaves to its user."""
  for name, given in plan.bound.macros.items():
    if given[-1] == configuration.Bound(value=plan_lib.REQUIRED, place=place):
      return _required(name, place)
  return _required(f'{_selector(call)}.{parameter}', place)


def _required(key: str, place: str) -> str:
  return f'{place}: {key} is required, give it by --gin.{key}=...'


def _selector(call: plan_lib.Call) -> str:
  return '/'.join([*call.scope, str(call.target)])


def _check_types(plan: plan_lib.Plan, call: plan_lib.Call) -> None:
  hints = annotations.hints(call.target.call)
  for name, argument in call.arguments.items():
    hint = hints.get(name, Any)
    expanded = plan.expand(argument)
    if not annotations.fits(expanded.value, hint):
      for leaf in configuration.leaves(expanded.value):
        if isinstance(leaf, configuration.Open):
          raise errors.UsageError(_required(leaf.macro, expanded.place))
      expected = annotations.describe(hint)
      got = writing.with_type(expanded.value)
      raise errors.UsageError(
        f'{expanded.place}: {call.target}.{name} expects {expected}, got {got}'
        + _hint(expanded.value, hint)
      )


def _hint(value: Any, hint: Any) -> str:
  """How to mend a value of the wrong type, where another form of it fits."""
  for other in _other_forms(value):
    if annotations.fits(other, hint):
      return f'; write {writing.written(other)}'
  for leaf in configuration.leaves(value):
    if not isinstance(leaf, configuration.Reference) or not leaf.evaluate:
      continue
    for part in annotations.parts(hint):
      missing = protocols.lacking(leaf.target.call, part)
      if missing:
        return f'; {leaf.target} lacks {", ".join(missing)}'
  return ''


def _other_forms(value: Any) -> Iterator[Any]:
  """What may have been meant by a value that does not fit."""
  match value:
    case configuration.Reference():
      yield dataclasses.replace(value, evaluate=not value.evaluate)
    case str() if value.lower() in ('true', 'false', 'none'):
      yield {'true': True, 'false': False, 'none': None}[value.lower()]
    case str():
      for kind in (int, float):
        try:
          yield kind(value)
        except ValueError:
          continue
    case bool():
      yield int(value)
    case float() if value.is_integer():
      yield int(value)
    case int():
      yield str(value)
      yield bool(value)
    case list() | tuple():
      yield tuple(value)
      for evaluate in (True, False):
        turn = functools.partial(_turned, evaluate=evaluate)
        yield configuration.replace(tuple(value), turn)
  if not isinstance(value, tuple):
    yield (value,)


def _turned(leaf: Any, *, evaluate: bool) -> Any:
  """A reference with or without its call; anything else as it is."""
  if not isinstance(leaf, configuration.Reference):
    return leaf
  return dataclasses.replace(leaf, evaluate=evaluate)
