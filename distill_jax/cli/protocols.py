"""What a protocol asks of a class, seen without an instance."""

import inspect
import typing
from typing import Any

_MACHINERY = {
  *dir(typing.Protocol),
  '_is_protocol',
  '__parameters__',
  '__abstractmethods__',
  '__annotations__',
}


def is_protocol(hint: Any) -> bool:
  """Whether an annotation is a protocol."""
  return inspect.isclass(hint) and getattr(hint, '_is_protocol', False)


def is_call(hint: Any) -> bool:
  """Whether an annotation is a protocol that only asks for a call."""
  return is_protocol(hint) and _members(hint) == ['__call__']


def lacking(given: type, hint: Any) -> list[str]:
  """Names that a protocol asks for and a class lacks; none for another hint.

  A method that takes another number of arguments than the protocol's counts as
  lacking.
  """
  if not is_protocol(hint) or not inspect.isclass(given):
    return []
  annotated = set()
  for base in given.__mro__:
    annotated.update(vars(base).get('__annotations__', {}))
  return [
    name
    for name in _members(hint)
    if name not in annotated and not _has(given, hint, name)
  ]


def _members(protocol: type) -> list[str]:
  """Names of a protocol's public methods and attributes, and of its call."""
  found = set()
  for base in protocol.__mro__:
    if is_protocol(base) and base is not typing.Protocol:
      found.update(vars(base))
      found.update(vars(base).get('__annotations__', {}))
  return sorted(
    name
    for name in found - _MACHINERY
    if not name.startswith('_') or name == '__call__'
  )


def _has(given: type, protocol: type, name: str) -> bool:
  """Whether a class has a member that can be called as the protocol's is."""
  # `hasattr(given, '__call__')` would find the metaclass's.
  if name not in dir(given):
    return False
  asked = inspect.getattr_static(protocol, name, None)
  found = inspect.getattr_static(given, name)
  if not inspect.isfunction(asked) or not inspect.isfunction(found):
    return True
  try:
    inspect.signature(found).bind(*inspect.signature(asked).parameters)
  except TypeError:
    return False
  return True
