"""What a configuration would call, found before anything is called."""

import dataclasses
from typing import Any

from distill_jax.cli import configuration, errors, grammar, names

REQUIRED = grammar.Macro(name='gin.REQUIRED')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Call:
  """One call of the plan.

  Attributes:
    target: what is called.
    scope: the scope it is called in.
    arguments: what is bound for it there.
    evaluate: False where only the callable is handed on.
    place: the binding that asked for it; empty for the root.
  """

  target: names.Target
  scope: configuration.Scope
  arguments: dict[str, configuration.Bound]
  evaluate: bool
  place: str


class Plan:
  """Every call that building the root leads to, and every macro it reads."""

  def __init__(self, bound: configuration.Configuration, root: names.Target):
    self.bound = bound
    self.root = root
    self.calls: dict[tuple, Call] = {}
    self.macros: dict[str, None] = {}
    self._visit_call(root, (), evaluate=True, place='')

  def macro(self, name: str, place: str) -> configuration.Bound:
    """What a macro stands for.

    Raises:
      errors.UsageError: no binding defines it.
    """
    if name not in self.bound.macros:
      raise errors.UsageError(
        f'{place}: nothing defines the macro %{name}'
        + errors.mend(name, self.bound.macros)
      )
    return self.bound.macros[name]

  def expand(self, given: configuration.Bound) -> configuration.Bound:
    """The value with its macros replaced.

    Returns:
      a value without macros, except for `REQUIRED`; its place is that of the
      macro where the value is nothing but one.

    Raises:
      errors.UsageError: an undefined macro, or one that contains itself.
    """
    return self._expand(given, ())

  def _expand(
    self, given: configuration.Bound, within: tuple[str, ...]
  ) -> configuration.Bound:
    def leaf(value: Any) -> Any:
      if not isinstance(value, grammar.Macro) or value == REQUIRED:
        return value
      if value.name in within:
        raise errors.UsageError(
          f'{given.place}: the macro %{value.name} contains itself'
        )
      found = self.macro(value.name, given.place)
      return self._expand(found, (*within, value.name)).value

    place = given.place
    if isinstance(given.value, grammar.Macro) and given.value != REQUIRED:
      name = given.value.name
      if name not in within:
        found = self.macro(name, place)
        return self._expand(found, (*within, name))
    return configuration.Bound(
      value=configuration.replace(given.value, leaf), place=place
    )

  def _visit_call(self, target, scope, *, evaluate, place):
    key = (target.call, scope, evaluate)
    if key in self.calls:
      return
    arguments = self.bound.arguments(target, scope)
    self.calls[key] = Call(
      target=target,
      scope=scope,
      arguments=arguments,
      evaluate=evaluate,
      place=place,
    )
    for argument in arguments.values():
      self._visit_value(argument, scope)

  def _visit_value(
    self, given: configuration.Bound, scope: configuration.Scope
  ) -> None:
    for leaf in configuration.leaves(given.value):
      match leaf:
        case configuration.Reference():
          self._visit_call(
            leaf.target,
            leaf.scopes or scope,
            evaluate=leaf.evaluate,
            place=given.place,
          )
        case grammar.Macro(name=name) if leaf != REQUIRED:
          self._visit_macro(name, given.place)

  def _visit_macro(self, name: str, place: str) -> None:
    """Follows a macro; as in gin, its name is the scope of what it calls."""
    if name in self.macros:
      return
    self.macros[name] = None
    self._visit_value(self.macro(name, place), tuple(name.split('/')))
