"""The bindings of several gin files and of the command line, put together."""

import dataclasses
import types
from collections.abc import Callable, Iterator
from typing import Any

from distill_jax.cli import grammar, names

Scope = tuple[str, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reference:
  """`@scope/name` or `@scope/name()` with its name resolved."""

  target: names.Target
  scopes: Scope
  evaluate: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bound:
  """A value and the place of the binding that gave it."""

  value: Any
  place: str


class Open(str):
  """`<NAME>`, which stands for a macro that waits for a value."""

  @property
  def macro(self) -> str:
    """The macro's name."""
    return self[1:-1]


@dataclasses.dataclass(kw_only=True)
class Configuration:
  """Everything that was bound, in order: the last value of a list holds.

  Overridden values are kept, since what only they refer to is no mistake.

  Attributes:
    macros: by name.
    bindings: by class or function, then by scope, then by parameter.
    targets: every class and function that was named, by the object.
    modules: that were imported, by their last names.
  """

  macros: dict[str, list[Bound]] = dataclasses.field(default_factory=dict)
  bindings: dict[Callable, dict[Scope, dict[str, list[Bound]]]] = (
    dataclasses.field(default_factory=dict)
  )
  targets: dict[Callable, names.Target] = dataclasses.field(
    default_factory=dict
  )
  modules: dict[str, types.ModuleType] = dataclasses.field(default_factory=dict)

  def know(self, target: names.Target) -> names.Target:
    """The target under the name by which it was met first."""
    return self.targets.setdefault(target.call, target)

  def bind_macro(self, name: str, bound: Bound) -> None:
    """Gives a macro a value."""
    self.macros.setdefault(name, []).append(bound)

  def bind(
    self, target: names.Target, scope: Scope, parameter: str, bound: Bound
  ) -> None:
    """Gives a parameter a value in a scope."""
    scopes = self.bindings.setdefault(target.call, {})
    scopes.setdefault(scope, {}).setdefault(parameter, []).append(bound)

  def rebind(self, old: Bound, value: Any) -> None:
    """Gives what `old` binds another value, at the same place."""
    bindings = [
      given
      for scopes in self.bindings.values()
      for arguments in scopes.values()
      for given in arguments.values()
    ]
    for given in [*self.macros.values(), *bindings]:
      if given[-1] == old:
        given[-1] = dataclasses.replace(old, value=value)

  def fill(self, required: grammar.Macro) -> None:
    """Lets `<NAME>` stand for the macros that wait for a value."""
    for name, given in self.macros.items():
      if given[-1].value == required:
        given.append(dataclasses.replace(given[-1], value=Open(f'<{name}>')))

  def arguments(self, target: names.Target, scope: Scope) -> dict[str, Bound]:
    """What holds for a call in a scope; an inner scope's binding wins."""
    return {
      name: given[-1] for name, given in self.given(target, scope).items()
    }

  def given(self, target: names.Target, scope: Scope) -> dict[str, list[Bound]]:
    """All that was bound for a call in a scope, outermost and oldest first."""
    found = {}
    scopes = self.bindings.get(target.call, {})
    for length in range(len(scope) + 1):
      for name, given in scopes.get(scope[:length], {}).items():
        found.setdefault(name, []).extend(given)
    return found


def replace(value: Any, leaf: Callable[[Any], Any]) -> Any:
  """The value with `leaf` applied inside its tuples, lists and dicts."""
  match value:
    case tuple() | list():
      return type(value)(replace(item, leaf) for item in value)
    case dict():
      return {
        replace(key, leaf): replace(item, leaf) for key, item in value.items()
      }
  return leaf(value)


def leaves(value: Any) -> Iterator[Any]:
  """Yields what lies inside tuples, lists and dicts."""
  match value:
    case tuple() | list():
      for item in value:
        yield from leaves(item)
    case dict():
      yield from leaves(tuple(value.items()))
    case _:
      yield value
