"""Whether a value in a gin file fits the annotation of its parameter."""

import collections.abc
import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from distill_jax.cli import configuration, protocols


def hints(call: Callable) -> Mapping[str, Any]:
  """Annotations of a class's or function's parameters; empty if unreadable."""
  function = call.__init__ if inspect.isclass(call) else call
  try:
    return typing.get_type_hints(function)
  except (NameError, TypeError, AttributeError):
    return {}


def fits(value: Any, hint: Any) -> bool:
  """Whether a value, macros already replaced, is what the annotation asks.

  An annotation that says nothing checkable fits everything. `int` fits
  `float`; `bool` fits neither.
  """
  origin = typing.get_origin(hint)
  if hint is Any or hint is object or isinstance(hint, typing.TypeVar):
    return True
  if isinstance(hint, dataclasses.InitVar):
    return fits(value, hint.type)
  if origin is typing.Annotated:
    return fits(value, hint.__origin__)
  if origin in (typing.Union, types.UnionType):
    return any(fits(value, one) for one in typing.get_args(hint))
  if origin is typing.Literal:
    return value in typing.get_args(hint)
  if isinstance(value, configuration.Reference):
    return _reference_fits(value, hint)
  if hint is None or hint is type(None):
    return value is None
  if origin is not None:
    return _generic_fits(value, origin, typing.get_args(hint))
  if hint is float:
    return isinstance(value, int | float) and not isinstance(value, bool)
  if hint is int:
    return isinstance(value, int) and not isinstance(value, bool)
  if hint is collections.abc.Callable or protocols.is_protocol(hint):
    return False
  if inspect.isclass(hint) and hint.__module__ != 'jaxtyping':
    return isinstance(value, hint)
  return True


def describe(hint: Any) -> str:
  """The annotation as one would write it, without its modules."""
  if hint is None or hint is type(None):
    return 'None'
  args = typing.get_args(hint)
  origin = typing.get_origin(hint)
  if origin in (typing.Union, types.UnionType):
    return ' | '.join(describe(one) for one in args)
  if origin is typing.Literal:
    return ' | '.join(repr(one) for one in args)
  if origin is collections.abc.Callable:
    return 'a callable'
  if args:
    inner = ', '.join('...' if one is ... else describe(one) for one in args)
    return f'{origin.__name__}[{inner}]'
  return getattr(hint, '__name__', str(hint))


def parts(hint: Any) -> Iterator[Any]:
  """Yields an annotation and the annotations inside it."""
  yield hint
  for inner in typing.get_args(hint):
    if not isinstance(inner, list):
      yield from parts(inner)


def _generic_fits(value: Any, origin: Any, args: tuple) -> bool:
  """`fits` for `tuple[...]`, `dict[...]`, `Sequence[...]` and their kin."""
  if origin is tuple:
    if not isinstance(value, tuple):
      return False
    if len(args) == 2 and args[1] is ...:
      return all(fits(item, args[0]) for item in value)
    return len(value) == len(args) and all(map(fits, value, args))
  if not inspect.isclass(origin):
    return True
  if issubclass(origin, Mapping):
    return isinstance(value, dict) and all(
      fits(key, args[0]) and fits(item, args[1]) for key, item in value.items()
    )
  if origin in (list, Sequence, collections.abc.Iterable):
    kinds = list if origin is list else list | tuple
    return isinstance(value, kinds) and all(
      fits(item, args[0]) for item in value
    )
  return origin not in (type, collections.abc.Callable)


def _reference_fits(reference: configuration.Reference, hint: Any) -> bool:
  """Whether what a reference gives is what the annotation asks."""
  call = reference.target.call
  origin = typing.get_origin(hint) or hint
  if not reference.evaluate:
    if inspect.isclass(call) and origin is type:
      args = typing.get_args(hint)
      return not args or issubclass(call, args[0])
    return origin is collections.abc.Callable or protocols.is_call(origin)
  result = call if inspect.isclass(call) else hints(call).get('return', Any)
  result = typing.get_origin(result) or result
  if not inspect.isclass(result) or not inspect.isclass(origin):
    return True
  if origin is collections.abc.Callable:
    return '__call__' in dir(result)
  if protocols.is_protocol(origin):
    return not protocols.lacking(result, origin)
  return issubclass(result, origin)
