"""The bindings of several gin files and of the command line, put together."""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from distill_jax.cli import errors, files, grammar, names


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reference:
  """`@scope/name` or `@scope/name()` with its name resolved."""

  target: names.Target
  scopes: tuple[str, ...]
  evaluate: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bound:
  """A value and the place of the binding that gave it."""

  value: Any
  place: str


Scope = tuple[str, ...]


@dataclasses.dataclass(kw_only=True)
class Configuration:
  """Everything that was bound; the last binding of a name holds.

  Attributes:
    macros: by name.
    bindings: by target, then by scope, then by parameter.
    targets: every class and function that a file names, by the object.
  """

  macros: dict[str, Bound] = dataclasses.field(default_factory=dict)
  bindings: dict[Callable, dict[Scope, dict[str, Bound]]] = dataclasses.field(
    default_factory=dict
  )
  targets: dict[Callable, names.Target] = dataclasses.field(
    default_factory=dict
  )

  def know(self, target: names.Target) -> names.Target:
    """The target under the name by which it was met first."""
    return self.targets.setdefault(target.call, target)

  def add_file(self, name: str, place: str, including: Scope = ()) -> None:
    """Adds the statements of a gin file and of the files it includes.

    Args:
      name: what `files.find` understands.
      place: where the name was written.
      including: the files being read, outermost first.

    Raises:
      errors.UsageError: a missing file, or a name in it that means nothing.
    """
    if name in including:
      raise errors.UsageError(f'{place}: {name} includes itself')
    text = files.find(name, place).read_text()
    symbols = {}
    for statement in grammar.parse(text, name):
      match statement:
        case grammar.Include(place=place, file=file):
          self.add_file(file, place, (*including, name))
        case grammar.Import(place=place, module=module):
          imported = names.import_module(module, place)
          if '.' in module and statement.name == module.partition('.')[0]:
            imported = names.import_module(statement.name, place)
          symbols[statement.name] = imported
        case grammar.Binding():
          self._add(statement, functools.partial(names.resolve, symbols))

  def add_argument(self, key: str, value: str) -> None:
    """Adds `--gin.key=value`.

    A key is a macro, or a parameter by as much of its name as is unique among
    what the files name: `Run.steps`, `run.Run.steps`.

    Raises:
      errors.UsageError: an unknown name.
    """
    place = f'--gin.{key}={value}'
    scope, _, name = key.rpartition('/')
    selector, _, parameter = name.rpartition('.')
    binding = grammar.Binding(
      place=place,
      scope=scope,
      selector=selector or parameter,
      parameter=parameter if selector else None,
      value=grammar.parse_value(value),
    )
    self._add(binding, self._resolve_known)

  def _resolve_known(self, selector: str, place: str) -> names.Target:
    """The target that a command-line binding names."""
    matches = [
      target
      for target in self.targets.values()
      if f'.{target.full_name}'.endswith(f'.{selector}')
    ]
    if len(matches) == 1:
      return matches[0]
    if matches:
      meant = ', '.join(target.full_name for target in matches)
      raise errors.UsageError(f'{place}: {selector} may mean {meant}')
    known = [str(target) for target in self.targets.values()]
    raise errors.UsageError(
      f'{place}: no gin file names {selector}{errors.mend(selector, known)}'
    )

  def _add(self, binding: grammar.Binding, resolve: Callable) -> None:
    """Adds one binding whose names `resolve(selector, place)` understands."""
    place = binding.place
    if binding.parameter is None and not binding.is_head:
      name = '/'.join(filter(None, [binding.scope, binding.selector]))
      value = self._resolved(binding.value, place, resolve)
      self.macros[name] = Bound(value=value, place=place)
      return
    target = self.know(resolve(binding.selector, place))
    if binding.is_head:
      return
    if not target.takes_any and binding.parameter not in target.parameters:
      raise errors.UsageError(
        f'{place}: {target} has no parameter {binding.parameter!r}'
        + errors.mend(binding.parameter, target.parameters)
      )
    scope = tuple(binding.scope.split('/')) if binding.scope else ()
    scopes = self.bindings.setdefault(target.call, {})
    scopes.setdefault(scope, {})[binding.parameter] = Bound(
      value=self._resolved(binding.value, place, resolve), place=place
    )

  def _resolved(self, value: Any, place: str, resolve: Callable) -> Any:
    """The value with the targets of its references looked up."""

    def look_up(leaf: Any) -> Any:
      if not isinstance(leaf, grammar.Reference):
        return leaf
      return Reference(
        target=self.know(resolve(leaf.selector, place)),
        scopes=leaf.scopes,
        evaluate=leaf.evaluate,
      )

    return replace(value, look_up)

  def fill(self, required: grammar.Macro) -> None:
    """Lets `<NAME>` stand for the macros that wait for a value."""
    for name, given in self.macros.items():
      if given.value == required:
        self.macros[name] = dataclasses.replace(given, value=f'<{name}>')

  def arguments(self, target: names.Target, scope: Scope) -> dict[str, Bound]:
    """What is bound for a call in a scope; an inner scope's binding holds."""
    found = {}
    scopes = self.bindings.get(target.call, {})
    for length in range(len(scope) + 1):
      found.update(scopes.get(scope[:length], {}))
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
    case Mapping():
      for key, item in value.items():
        yield from leaves(key)
        yield from leaves(item)
    case _:
      yield value
