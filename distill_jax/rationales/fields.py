"""The keys of a JSON object, taken out one by one and checked.

Every error says which key of what is wrong, what it got and what was expected.
"""

import math
from collections.abc import Callable
from typing import Any


class Fields:
  """What is left of a JSON object after the known keys were taken.

  A missing key and `null` are the same.
  """

  def __init__(self, data: Any, *, what: str, example: str):
    """Begins with all keys.

    Args:
      data: the decoded object.
      what: what it should be, for errors.
      example: a correct one, for errors.

    Raises:
      ValueError: it is no object.
    """
    if not isinstance(data, dict):
      raise ValueError(
        f'{what}: got {kind(data)}, expected a JSON object such as {example}'
      )
    self._data = dict(data)
    self._what = what
    self._example = example

  def rest(self) -> dict[str, Any]:
    """The keys that nobody took."""
    return self._data

  def words(self, key: str) -> str:
    """Text that must be there and say something."""
    text = self.text(key)
    if text is None or not text.strip():
      got = 'no' if text is None else 'an empty'
      raise ValueError(
        f'{self._what}: {got} {key!r}, expected text as in {self._example}'
      )
    return text

  def text(self, key: str) -> str | None:
    """Text, or None."""
    return self._typed(key, (str,), 'text in quotes')

  def number(self, key: str) -> float | None:
    """A finite number, or None."""
    found = self._typed(key, (int, float), 'a number')
    if found is not None and not math.isfinite(found):
      raise ValueError(
        f'{self._what}: {key!r} is {found}, expected a finite number'
      )
    return found

  def whole(self, key: str) -> int | None:
    """A whole number, or None."""
    return self._typed(key, (int,), 'a whole number')

  def items(self, key: str, build: Callable[[Any], Any]) -> tuple | None:
    """What `build` makes of each item of a list, or None.

    Raises:
      ValueError: it is no list, or an item is wrong; the sentence says which.
    """
    found = self._typed(key, (list,), 'a list in [ ]')
    if found is None:
      return None
    return tuple(
      _built(build, item, f'{key}[{position}]')
      for position, item in enumerate(found)
    )

  def _typed(self, key: str, types: tuple[type, ...], expected: str) -> Any:
    found = self._data.pop(key, None)
    if found is None:
      return None
    if not isinstance(found, types) or isinstance(found, bool):
      raise ValueError(
        f'{self._what}: {key!r} is {kind(found)}, expected {expected}'
      )
    return found


def kind(found: Any) -> str:
  """Type and beginning of a value, for errors: "int 7"."""
  if found is None:
    return 'null'
  shown = repr(found)
  return f'{type(found).__name__} {shown[:40]}{"..." * (len(shown) > 40)}'


def _built(build: Callable[[Any], Any], item: Any, where: str) -> Any:
  try:
    return build(item)
  except ValueError as error:
    raise ValueError(f'{where}: {error}') from error
