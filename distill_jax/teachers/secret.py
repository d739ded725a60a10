"""The key of an endpoint: read when it is needed, and shown nowhere."""

import dataclasses
import os
import pathlib
import re

_HIDDEN = '<key>'
_NAME = re.compile('[A-Z_][A-Z0-9_]{0,63}')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Key:
  """Where a key lies; the object itself never holds it.

  Attributes:
    variable: of the environment; None where no key is wanted.
    file: holds the key and nothing else; it goes before the variable.
  """

  variable: str | None = 'OPENAI_API_KEY'
  file: str | None = None

  def __post_init__(self):
    if self.variable is not None and not _NAME.fullmatch(self.variable):
      raise ValueError(
        'Key.variable is no name of an environment variable in capitals (it is '
        'not shown, for it may be a key), expected one such as OPENAI_API_KEY.'
      )

  def read(self) -> str | None:
    """The key, or None where none is wanted or none is there.

    Raises:
      ValueError: the file is absent, or holds no key of one line.
    """
    if self.file is None:
      found = os.environ.get(self.variable or '', '').strip()
      where = f'the environment variable {self.variable}'
    else:
      path = pathlib.Path(self.file).expanduser()
      if not path.is_file():
        raise ValueError(f'{path}: no such file, expected a key in one line.')
      try:
        found = path.read_text(encoding='utf-8-sig').strip()
      except UnicodeDecodeError:
        raise ValueError(
          f'{path}: not UTF-8, expected a key in one line; save it as such.'
        ) from None
      where = str(path)
      if not found:
        raise ValueError(f'{path}: empty, expected a key in one line.')
    if found and not (found.isascii() and found.isprintable()):
      raise ValueError(
        f'{where} holds no key: it has line breaks or characters that no '
        'request can carry; put the key there and nothing else.'
      )
    if ' ' in found:
      raise ValueError(
        f'{where} holds several words, expected one key; put it there alone.'
      )
    return found or None

  @property
  def mend(self) -> str:
    """How to give a key that is missing."""
    return f'set the environment variable {self.variable}, or give KEY_FILE'


def hidden(text: str, key: str | None) -> str:
  """A text in which no key stands."""
  return text.replace(key, _HIDDEN) if key else text


def hidden_bytes(content: bytes, key: str | None) -> bytes:
  """What somebody sent, with no key in it, before any of it is shown."""
  return content.replace(key.encode(), _HIDDEN.encode()) if key else content
