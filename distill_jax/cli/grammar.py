"""Gin's grammar: text in, statements with their places out.

Values are Python literals in which `Reference` stands for `@name()` and `Macro`
for `%NAME`.
"""

import dataclasses
import io
import re
import tokenize
from collections.abc import Iterator
from typing import Any

from distill_jax.cli import errors
from gin import config_parser


@dataclasses.dataclass(frozen=True, kw_only=True)
class Macro:
  """`%NAME`."""

  name: str

  def __str__(self):
    return f'%{self.name}'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reference:
  """`@scope/module.name` or, evaluated, `@scope/module.name()`.

  Attributes:
    selector: as written, without its scopes.
    scopes: outermost first.
    evaluate: True for what the call returns, False for the callable itself.
  """

  selector: str
  scopes: tuple[str, ...] = ()
  evaluate: bool = True

  def __str__(self):
    name = '/'.join([*self.scopes, self.selector])
    return f'@{name}()' if self.evaluate else f'@{name}'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Import:
  """`from package import module as name`."""

  place: str
  module: str
  name: str
  is_from: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Include:
  """`include 'file.gin'`."""

  place: str
  file: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Binding:
  """`scope/selector.parameter = value`, or `scope/selector = value`, a macro.

  Attributes:
    parameter: None for a macro and for the head of an indented block.
    value: None for the head of a block.
    is_head: True for the head of a block, which binds nothing.
  """

  place: str
  scope: str
  selector: str
  parameter: str | None = None
  value: Any = None
  is_head: bool = False


Statement = Import | Include | Binding


class _Delegate(config_parser.ParserDelegate):
  """Keeps references and macros as they are written."""

  def configurable_reference(self, scoped_configurable_name, evaluate):
    *scopes, selector = scoped_configurable_name.split('/')
    return Reference(selector=selector, scopes=tuple(scopes), evaluate=evaluate)

  def macro(self, macro_name):
    return Macro(name=macro_name)


def parse(text: str, file: str) -> Iterator[Statement]:
  """Yields the statements of a gin file in order.

  Args:
    text: its content.
    file: its name in the places of the statements, `file:line`.

  Raises:
    errors.UsageError: text that is no gin.
  """
  try:
    for statement in config_parser.ConfigParser(text, _Delegate()):
      place = f'{file}:{statement.location.line_num}'
      converted = _convert(statement, place)
      if converted is not None:
        yield converted
  except (SyntaxError, tokenize.TokenError) as error:
    raise errors.UsageError(_syntax_message(error, file)) from None


def parse_value(text: str) -> Any:
  """The value of a command-line binding; a string where it is no gin literal.

  Example: `parse_value('1e-3')` is 0.001, `parse_value('/tmp/q')` is '/tmp/q'.
  """
  try:
    (statement,) = config_parser.ConfigParser(
      io.StringIO(f'X = {text}'), _Delegate()
    )
  except (SyntaxError, tokenize.TokenError, ValueError):
    return text
  return statement.value


def _convert(statement: Any, place: str) -> Statement | None:
  """Our form of one of gin's statements; None for what only gin needs."""
  match statement:
    case config_parser.ImportStatement(module=module, is_from=is_from):
      if module.startswith('__gin__'):
        return None
      name = statement.bound_name()
      return Import(place=place, module=module, name=name, is_from=is_from)
    case config_parser.IncludeStatement(filename=file):
      return Include(place=place, file=file)
    case config_parser.BlockDeclaration(scope=scope, selector=selector):
      return Binding(place=place, scope=scope, selector=selector, is_head=True)
  return Binding(
    place=place,
    scope=statement.scope,
    selector=statement.selector,
    parameter=statement.arg_name or None,
    value=statement.value,
  )


def _syntax_message(error: Exception, file: str) -> str:
  if isinstance(error, SyntaxError):
    message, line = ' '.join(str(error.msg).split()), error.lineno
  else:
    message, (line, _) = error.args
  bare = re.search(r"Failed to parse token '(\w+)'", message)
  if bare:
    word = bare.group(1)
    message = (
      f"{word} is no value; write '{word}' for a text, %{word} for a macro"
    )
  return f'{file}:{line}: not gin: {message}'
