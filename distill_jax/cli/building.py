"""From a checked plan to the object it describes."""

import functools
import re
from typing import Any

from distill_jax.cli import configuration, errors, grammar
from distill_jax.cli import plan as plan_lib


def build(plan: plan_lib.Plan) -> Any:
  """The root object; what two bindings refer to alike is built once.

  Raises:
    errors.UsageError: a class refused its arguments.
  """
  return _Builder(plan).call(plan.root, (), '')


class _Builder:
  """Calls what a plan names, the arguments first."""

  def __init__(self, plan: plan_lib.Plan):
    self._plan = plan
    self._built = {}

  def call(self, target, scope: configuration.Scope, place: str) -> Any:
    key = (target.call, scope)
    if key not in self._built:
      arguments = self._arguments(target, scope)
      try:
        self._built[key] = target.call(**arguments)
      except ValueError as error:
        message = ' '.join(str(error).split())
        place = self._blamed(target, scope, message) or place or str(target)
        raise errors.UsageError(f'{place}: {target}: {message}') from error
    return self._built[key]

  def _blamed(self, target, scope: configuration.Scope, message: str) -> str:
    """Where the argument was bound that a refusal names; '' for none."""
    for name, given in self._plan.bound.arguments(target, scope).items():
      if re.search(rf'\b{name}\b', message):
        return self._plan.expand(given).place
    return ''

  def _arguments(self, target, scope: configuration.Scope) -> dict[str, Any]:
    bound = self._plan.bound.arguments(target, scope)
    return {name: self._value(given, scope) for name, given in bound.items()}

  def _value(
    self, given: configuration.Bound, scope: configuration.Scope
  ) -> Any:
    def leaf(value: Any) -> Any:
      match value:
        case grammar.Macro(name=name):
          found = self._plan.macro(name, given.place)
          return self._value(found, tuple(name.split('/')))
        case configuration.Reference():
          inner = value.scopes or scope
          if value.evaluate:
            return self.call(value.target, inner, given.place)
          arguments = self._arguments(value.target, inner)
          called = value.target.call
          return functools.partial(called, **arguments) if arguments else called
      return value

    return configuration.replace(given.value, leaf)
