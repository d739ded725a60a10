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
  """Every call that building the root leads to, and every macro it reads.

  Attributes:
    bound: the bindings.
    root: what is to be built.
    calls: in the order in which they are met, the root first.
    macros: names of the macros that are read.
  """

  def __init__(
    self,
    bound: configuration.Configuration,
    root: names.Target,
    *,
    overridden: bool = False,
  ):
    """Follows the bindings from the root on.

    Args:
      bound: the bindings.
      root: what is to be built.
      overridden: whether values that a later binding overrides are followed
        too. They build nothing, but what they refer to is not unused.

    Raises:
      errors.UsageError: a macro that nothing defines.
    """
    self.bound = bound
    self.root = root
    self.calls: list[Call] = []
    self.macros: set[str] = set()
    self._met: set[tuple] = set()
    self._overridden = overridden
    reference = configuration.Reference(target=root, scopes=(), evaluate=True)
    self._visit(configuration.Bound(value=reference, place=''), ())

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
    return self.bound.macros[name][-1]

  def expand(
    self, given: configuration.Bound, within: tuple[str, ...] = ()
  ) -> configuration.Bound:
    """The value with its macros replaced, except for `REQUIRED`.

    Args:
      given: a value; where it is nothing but a macro, the macro's place is
        the place of the result.
      within: macros being replaced, outermost first.

    Raises:
      errors.UsageError: an undefined macro, or one that contains itself.
    """

    def named(name: str) -> configuration.Bound:
      if name in within:
        raise errors.UsageError(
          f'{given.place}: the macro %{name} contains itself'
        )
      return self.expand(self.macro(name, given.place), (*within, name))

    def leaf(value: Any) -> Any:
      return named(value.name).value if _is_macro(value) else value

    if _is_macro(given.value):
      return named(given.value.name)
    value = configuration.replace(given.value, leaf)
    return dataclasses.replace(given, value=value)

  def _visit(
    self, given: configuration.Bound, scope: configuration.Scope
  ) -> None:
    """Follows the references and macros inside a value."""
    for leaf in configuration.leaves(given.value):
      if isinstance(leaf, configuration.Reference):
        self._visit_call(leaf, leaf.scopes or scope, given.place)
      elif _is_macro(leaf) and leaf.name not in self.macros:
        self.macros.add(leaf.name)
        self.macro(leaf.name, given.place)
        # As in gin, a macro's name is the scope of what its value calls.
        for value in self._follow(self.bound.macros[leaf.name]):
          self._visit(value, tuple(leaf.name.split('/')))

  def _visit_call(
    self,
    reference: configuration.Reference,
    scope: configuration.Scope,
    place: str,
  ) -> None:
    key = (reference.target.call, scope, reference.evaluate)
    if key in self._met:
      return
    self._met.add(key)
    call = Call(
      target=reference.target,
      scope=scope,
      arguments=self.bound.arguments(reference.target, scope),
      evaluate=reference.evaluate,
      place=place,
    )
    self.calls.append(call)
    for given in self.bound.given(reference.target, scope).values():
      for value in self._follow(given):
        self._visit(value, scope)

  def _follow(
    self, given: list[configuration.Bound]
  ) -> list[configuration.Bound]:
    return given if self._overridden else given[-1:]


def _is_macro(value: Any) -> bool:
  return isinstance(value, grammar.Macro) and value != REQUIRED
