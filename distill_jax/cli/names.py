"""From the names in a gin file to the classes and functions they mean."""

import dataclasses
import importlib
import inspect
import pkgutil
import types
from collections.abc import Callable, Mapping
from typing import Any

from distill_jax.cli import errors
from distill_jax.data import mistakes


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target:
  """A class or function that bindings configure.

  Attributes:
    call: the class or function.
    module: module it was found in, such as `distill_jax.training.run`.
    name: its name there, such as `Run`.
  """

  call: Callable[..., Any]
  module: str
  name: str

  def __str__(self):
    return f'{self.module.rpartition(".")[2]}.{self.name}'

  @property
  def full_name(self) -> str:
    """Dotted path from the package on."""
    return f'{self.module}.{self.name}'

  @property
  def parameters(self) -> Mapping[str, inspect.Parameter]:
    """What it takes by name."""
    taken = inspect.signature(self.call).parameters
    return {
      name: parameter
      for name, parameter in taken.items()
      if parameter.kind
      in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }

  @property
  def takes_any(self) -> bool:
    """Whether parameters of any name may be bound."""
    taken = inspect.signature(self.call).parameters.values()
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken)


def import_module(name: str, place: str) -> types.ModuleType:
  """The module that an import statement names.

  Raises:
    errors.UsageError: it does not exist, or its own imports fail.
  """
  try:
    return importlib.import_module(name)
  except ModuleNotFoundError as error:
    missing = error.name or ''
    if name != missing and not name.startswith(f'{missing}.'):
      raise errors.UsageError(
        f'{place}: cannot import {name}: {mistakes.describe(error)}'
      ) from None
    raise errors.UsageError(f'{place}: {_unknown_module(name)}') from None
  except Exception as error:  # whatever the module of somebody else may do
    raise errors.UsageError(
      f'{place}: cannot import {name}: {mistakes.describe(error)}'
    ) from None


def resolve(
  symbols: Mapping[str, types.ModuleType], selector: str, place: str
) -> Target:
  """The target of `module.Name`, seen from a file's imports.

  Args:
    symbols: the modules that the file imported, by the names it gave them.
    selector: dotted name whose first part an import bound.
    place: where the selector is written.

  Raises:
    errors.UsageError: an unknown name, or one that cannot be called.
  """
  first, *rest = selector.split('.')
  if first not in symbols:
    raise errors.UsageError(
      f'{place}: {selector}: no import of this file gives {first!r}'
      + errors.mend(first, symbols)
    )
  found: Any = symbols[first]
  module, inner = found, []
  for part in rest:
    if not hasattr(found, part):
      raise errors.UsageError(
        f'{place}: {getattr(found, "__name__", selector)} has no {part!r}'
        + errors.mend(part, _configurables(found))
      )
    found = getattr(found, part)
    if isinstance(found, types.ModuleType):
      module, inner = found, []
    else:
      inner.append(part)
  if not callable(found):
    raise errors.UsageError(
      f'{place}: {selector} is neither a class nor a function'
    )
  return Target(call=found, module=module.__name__, name='.'.join(inner))


def locate(full_name: str, place: str) -> Target | None:
  """The target of a full dotted name; None where no module has that name."""
  module, _, name = full_name.rpartition('.')
  while module:
    try:
      imported = importlib.import_module(module)
    except ImportError:
      module, _, inner = module.rpartition('.')
      name = f'{inner}.{name}'
    else:
      return resolve({'module': imported}, f'module.{name}', place)
  return None


def _configurables(owner: Any) -> list[str]:
  """Public names in a module or class that could have been meant."""
  return [
    name
    for name, value in vars(owner).items()
    if not name.startswith('_')
    and (callable(value) or isinstance(value, types.ModuleType))
  ]


def _unknown_module(name: str) -> str:
  """Says which part of a dotted module name is wrong."""
  package, _, last = name.rpartition('.')
  try:
    parent = importlib.import_module(package) if package else None
  except ModuleNotFoundError:
    return _unknown_module(package)
  if parent is None:
    close = errors.mend(name, ['distill_jax'], listed=False)
    return f'no module {name!r}' + (close or '; is it installed?')
  if hasattr(parent, last):
    return (
      f'{name} is no module; import {package} and write '
      f'{package.rpartition(".")[2]}.{last}'
    )
  siblings = pkgutil.iter_modules(getattr(parent, '__path__', []))
  found = errors.mend(last, [module.name for module in siblings])
  return f'{package} has no module {last!r}{found}'
