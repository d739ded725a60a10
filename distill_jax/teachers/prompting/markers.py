"""The words around an answer, as a form has them and as models write them."""

import functools
import re

_LEADING = r'(?:(?:so|thus|hence|therefore|finally),?\s+)'
_KINDS = r'(?:(?:the|my|final|correct|best)\s+){0,3}'


def words(marker: str) -> str:
  """A pattern of the words of a marker, without 'So' at their head."""
  bare = re.sub(_LEADING, '', re.sub(r'^\W+|\W+$', '', marker), flags=re.I)
  return r'[\s*_]+'.join(map(re.escape, bare.split()))


@functools.cache
def pattern(marker: str, *, within: bool = True) -> re.Pattern[str]:
  """A pattern of a marker as models write it.

  A label, such as '<Answer>: ' or 'Answer:', stands at the beginning of a line,
  in <>, or begins with a capital; '## Answer' alone in its line is one too.

  Args:
    marker: as the form has it.
    within: whether a capital is enough within a line.
  """
  found = words(marker)
  if ':' not in marker:
    return re.compile(
      rf'(?<![\w*_])[*_]*{_LEADING}{{0,2}}{found}(?!\w)[*_]*:?[*_]*\s*', re.I
    )
  found = _KINDS + found
  capital = '|(?=(?-i:[A-Z]))' * within
  start = rf'(?:(?:\A|\n)[ \t#*_>-]*<?|(?<=[\s.)])[*_]*(?:<{capital}))'
  colon = r'[\s*_]*[:\uff1a]'
  return re.compile(rf'{start}{found}(?:>?{colon}|>|[*_]*(?=\n))[*_]*\s*', re.I)
