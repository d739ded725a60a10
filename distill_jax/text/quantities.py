"""Numbers and expressions in the sentence of an answer."""

import re
from collections.abc import Iterator

from distill_jax.text import arithmetic

_COMPUTATION = re.compile(r'[\d(][\d\s.,()+*/$-]*')
_LOOSE = ' .,+*/$-('  # after a computation
_DIGITS = re.compile(r'\.?\d[\d.,]*')


def expression(text: str) -> str | None:
  """The canonical form of a text that is one expression, else None.

  `expression('(84/2).')` is '( 84 / 2 )'.
  """
  try:
    return arithmetic.canonical(text.strip().rstrip('.'))
  except ValueError:
    return None


def last_expression(text: str) -> str | None:
  """The last expression in parentheses, or the last one, of a sentence.

  Of several joined by "and" the last counts: '(3 + 4) and (8 / 2)' gives
  '( 8 / 2 )', '51 dollars' gives '51' and '84 / 2 rolls' gives '84 / 2'.
  Parentheses must hold a whole expression: '(some - 8)' gives None.
  """
  part = re.split(r'\band\b', text)[-1].strip().rstrip('.')
  if '(' not in part:
    found = expression(part) or next(computations(part), None)
    return found if found and len(found.split()) > 2 else last_number(part)
  enclosed = re.search(r'\(.*\)', part)
  if enclosed is None:
    return None
  surplus = max(part.count(')') - part.count('('), 0)
  return expression(enclosed[0][: len(enclosed[0]) - surplus])


def last_computation(text: str) -> str | None:
  """The last expression that running text computes, with its result if given.

  'Tom has 7 pens and loses 3: 7 - 3.' gives '( 7 - 3 )', 'So 7 - 3 = 4 pens.'
  gives '4', and so does 'So 7 - 3 = 4 pens by 2 o'clock.' Where nothing is
  computed the last number counts: '4 pens are left.' gives '4'.
  """
  computed = []
  for run in _COMPUTATION.finditer(text):
    before = text[max(run.start() - 4, 0) : run.start()].replace(' ', '')
    sign = '-' if before.rstrip('$').endswith('=-') else ''
    is_result = sign or before.rstrip('$').endswith('=')
    found = expression(sign + run[0].rstrip(_LOOSE))
    if found is not None and (is_result or len(found.split()) > 2):
      computed.append(found)
  return computed[-1] if computed else next(computations(text), None)


def computations(text: str) -> Iterator[str]:
  """The expressions in running text, the last one first.

  'So 7 - 3 = 4 pens.' gives '4', then '7 - 3'.
  """
  for run in reversed(_COMPUTATION.findall(text)):
    found = expression(run.rstrip(_LOOSE))
    if found is not None:
      yield found


def last_number(text: str) -> str | None:
  """The last number of a sentence with its sign.

  '$1,200 each' gives '1200', 'it is -$5' gives '- 5', and '7 - 5' gives '5'.
  """
  found = list(_DIGITS.finditer(text))
  if not found:
    return None
  before = text[: found[-1].start()].rstrip('$ ')
  digits = found[-1][0].rstrip('.,')
  return expression(f'-{digits}' if _is_signed(before) else digits)


def _is_signed(before: str) -> bool:
  """Whether a text ends with a minus sign that subtracts from nothing."""
  if not before.endswith(('-', '\u2212')):
    return False
  operand = before[:-1]
  hyphen = operand[-1:].isalpha()
  return not (hyphen or re.search(r'[\d)]\s*$', operand))
