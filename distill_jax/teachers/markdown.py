"""Text inside Markdown that no sign in it can break out of."""

import re
from collections.abc import Iterable

_SIGNS = re.compile(r'([\\`*_\[\]<>~#&])')


def fenced(content: str, kind: str = 'text') -> str:
  """A block that shows text as it is, whatever fences stand in it."""
  fence = '`' * max(3, _longest_run(content) + 1)
  return f'{fence}{kind}\n{content}\n{fence}'


def code(value: str) -> str:
  """A value inside a line; line breaks become spaces."""
  value = ' '.join(value.split())
  mark = '`' * (_longest_run(value) + 1)
  space = ' ' * ('`' in value)
  return f'{mark}{space}{value}{space}{mark}'


def plain(value: str) -> str:
  """Words inside a line, each sign for itself."""
  return _SIGNS.sub(r'\\\1', ' '.join(value.split()))


def table(rows: Iterable[tuple[str, str]]) -> str:
  """Names and what is said of them, both as Markdown."""
  lines = ['| | |', '|---|---|']
  for row in rows:
    cells = (cell.replace('|', r'\|') for cell in row)
    lines.append(f'| {" | ".join(cells)} |')
  return '\n'.join(lines)


def _longest_run(content: str) -> int:
  """How many backticks stand in a row at most."""
  return max(map(len, re.findall('`+', content)), default=0)
