"""TOML files that people write, read with errors that name file and line."""

import pathlib
import re
import tomllib
from collections.abc import Collection
from typing import Any, NoReturn


class TomlFile:
  """The keys of a file, each taken once."""

  def __init__(self, path: pathlib.Path):
    """Reads it.

    Raises:
      ValueError: it is absent, or no TOML; the sentence says where.
    """
    self.path = path
    try:
      self._text = path.read_text(encoding='utf-8')
      self._data: dict[str, Any] = tomllib.loads(self._text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
      raise ValueError(
        f'{path}: {_reason(error)}, expected a TOML file; correct it'
      ) from None

  def fail(
    self, said: str, mark: str = '', number: int = 0, key: str = ''
  ) -> NoReturn:
    """Raises a ValueError.

    Args:
      said: what is wrong and how to mend it.
      mark: text whose line is named, where the file holds it.
      number: which of several such lines, from 0 on.
      key: only lines from that of this key on count.
    """
    raise ValueError(f'{self.path}{self._line(mark, number, key)}: {said}')

  def known(self, keys: Collection[str]) -> None:
    """Raises a ValueError for a key that is none of these."""
    for key in self._data:
      if key not in keys:
        self.fail(f'unknown key {key!r}, expected {", ".join(keys)}', key)

  def raw(self, key: str) -> Any:
    """What stands under a key, None where it is absent."""
    return self._data.get(key)

  def text(self, key: str, *, needed: bool = False) -> str | None:
    """The text under a key; None where it is absent and not needed."""
    found = self.raw(key)
    if found is None and not needed:
      return None
    if not isinstance(found, str) or not found.strip():
      self.fail(f'{key!r} is {found!r}, expected text in quotes', key)
    return found

  def texts(self, key: str) -> tuple[str, ...]:
    """The texts of a list under a key; none where it is absent."""
    found = self._data.get(key, [])
    if not is_texts(found):
      self.fail(f'{key!r} is {found!r}, expected a list of texts', key)
    return tuple(found)

  def number(self, key: str) -> int | None:
    """The whole number under a key, from 0 on; None where it is absent."""
    found = self._data.get(key)
    if found is not None and (type(found) is not int or found < 0):
      self.fail(f'{key!r} is {found!r}, expected 0, 1, 2 or more', key)
    return found

  def tables(self, key: str) -> list[dict[str, Any]]:
    """The tables `[[key]]` in their order."""
    found = self._data.get(key, [])
    if not isinstance(found, list) or not all(
      isinstance(item, dict) for item in found
    ):
      self.fail(f'{key!r} is no table, expected [[{key}]] on its line', key)
    return found

  def _line(self, mark: str, number: int, key: str) -> str:
    begins = re.search(rf'^\s*{key}\s*=', self._text, re.M) if key else None
    first = self._text.count('\n', 0, begins.start(0)) if begins else 0
    lines = [
      line
      for line, text in enumerate(self._text.splitlines(), 1)
      if line > first
      and mark
      and re.search(rf'(?<!\w){re.escape(mark)}(?!\w)', text)
    ]
    return f':{lines[number]}' if number < len(lines) else ''


def is_texts(found: Any) -> bool:
  """Whether it is a list of texts, each of them with words."""
  return isinstance(found, list) and all(
    isinstance(item, str) and item.strip() for item in found
  )


def _reason(error: Exception) -> str:
  return error.strerror if isinstance(error, OSError) else str(error)
