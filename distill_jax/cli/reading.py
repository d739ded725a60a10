"""Reads gin files and command-line bindings into a configuration."""

import functools
from collections.abc import Callable
from typing import Any

from distill_jax.cli import configuration, errors, files, grammar, names

Resolve = Callable[[str, str], names.Target]


def add_file(
  bound: configuration.Configuration,
  name: str,
  place: str,
  including: tuple[str, ...] = (),
) -> None:
  """Adds the bindings of a gin file and of the files that it includes.

  Args:
    bound: what to add to.
    name: what `files.find` understands.
    place: where the name was written.
    including: the files being read, outermost first.

  Raises:
    errors.UsageError: a missing file, or a name in it that means nothing.
  """
  if name in including:
    raise errors.UsageError(f'{place}: {name} includes itself')
  symbols = {}
  for statement in grammar.parse(_text(name, place), name):
    match statement:
      case grammar.Include(place=place, file=file):
        add_file(bound, file, place, (*including, name))
      case grammar.Import(place=place, module=module, name=symbol):
        imported = names.import_module(module, place)
        bound.modules[module.rpartition('.')[2]] = imported
        if not statement.is_from and symbol == module.partition('.')[0]:
          imported = names.import_module(symbol, place)
        symbols[symbol] = imported
      case grammar.Binding():
        _add(bound, statement, functools.partial(names.resolve, symbols))


def _text(name: str, place: str) -> str:
  """The content of a gin file."""
  try:
    return files.find(name, place).read_text(encoding='utf-8')
  except UnicodeDecodeError as error:
    raise errors.UsageError(
      f'{place}: {name} is not UTF-8 ({error.reason} at byte {error.start}); '
      'save the file in UTF-8'
    ) from None


def add_argument(
  bound: configuration.Configuration, key: str, value: str
) -> None:
  """Adds `--gin.key=value`.

  A key is a macro, or a parameter by as much of its name as is unique among
  what the files name, such as `Run.steps` or `run.Run.steps`. A value may refer
  to whatever a module holds that the files import.

  Raises:
    errors.UsageError: an unknown name.
  """
  scope, _, name = key.rpartition('/')
  selector, _, parameter = name.rpartition('.')
  binding = grammar.Binding(
    place=f'--gin.{key}={value}',
    scope=scope,
    selector=selector or parameter,
    parameter=parameter if selector else None,
    value=grammar.parse_value(value),
  )
  _add(bound, binding, functools.partial(_resolve_known, bound))


def _resolve_known(
  bound: configuration.Configuration, selector: str, place: str
) -> names.Target:
  """The target that a command-line binding names."""
  matches = [
    target
    for target in bound.targets.values()
    if f'.{target.full_name}'.endswith(f'.{selector}')
  ]
  if len(matches) == 1:
    return matches[0]
  if matches:
    meant = ', '.join(target.full_name for target in matches)
    raise errors.UsageError(f'{place}: {selector} may mean {meant}')
  located = names.locate(selector, place)
  if located is not None:
    return located
  if selector.partition('.')[0] in bound.modules:  # such as `answers.Number`
    return names.resolve(bound.modules, selector, place)
  targets = bound.targets.values()
  known = [str(one) if '.' in selector else one.name for one in targets]
  raise errors.UsageError(
    f'{place}: no gin file names {selector}{errors.mend(selector, known)}'
  )


def _add(
  bound: configuration.Configuration,
  binding: grammar.Binding,
  resolve: Resolve,
) -> None:
  """Adds one binding whose names `resolve(selector, place)` understands."""
  place = binding.place
  if binding.is_head:
    bound.know(resolve(binding.selector, place))
    return
  if binding.parameter is None:
    name = '/'.join(filter(None, [binding.scope, binding.selector]))
    value = _resolved(bound, binding, resolve)
    bound.bind_macro(name, configuration.Bound(value=value, place=place))
    return
  target = bound.know(resolve(binding.selector, place))
  if not target.takes_any and binding.parameter not in target.parameters:
    raise errors.UsageError(
      f'{place}: {target} has no parameter {binding.parameter!r}'
      + errors.mend(binding.parameter, target.parameters)
    )
  scope = tuple(binding.scope.split('/')) if binding.scope else ()
  value = _resolved(bound, binding, resolve)
  given = configuration.Bound(value=value, place=place)
  bound.bind(target, scope, binding.parameter, given)


def _resolved(
  bound: configuration.Configuration,
  binding: grammar.Binding,
  resolve: Resolve,
) -> Any:
  """The binding's value with the targets of its references looked up."""

  def leaf(value: Any) -> Any:
    if not isinstance(value, grammar.Reference):
      return value
    return configuration.Reference(
      target=bound.know(resolve(value.selector, binding.place)),
      scopes=value.scopes,
      evaluate=value.evaluate,
    )

  return configuration.replace(binding.value, leaf)
