"""Values of arithmetic expressions, by a small parser that runs no code.

Grammar, read from left to right by recursive descent:

  sum      = product (('+' | '-') product)*
  product  = factor (('*' | '/') factor)*
  factor   = '-'* (number | '(' sum ')')

A number may have a decimal point, thousands separated by commas and a dollar
sign. What a model writes can be hostile, so nesting and length are bounded
and every failure, overflow and division by zero included, is a `ValueError`.
"""

import math
import re

# Deeper nesting than a word problem ever needs, far below Python's stack.
MAX_DEPTH = 50
MAX_LENGTH = 10_000

_TOKEN = re.compile(r'\s*(?:\$\s*)?([\d.,]+)|\s*([-+*/()])')
_NUMBER = re.compile(r'\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+')
_SYNONYMS = str.maketrans({'\u00d7': '*', '\u00f7': '/', '\u2212': '-'})


def value(expression: str) -> float:
  """Value of an expression.

  `value('( 84.0 / 2.0 )')` is 42.0 and `value('$1,200 - 3*(2+1)')` is 1191.0.

  Raises:
    ValueError: it is no expression of the grammar, it divides by zero, or its
      value is not finite.
  """
  parser = _Parser(tokens(expression))
  result = parser.sum(depth=0)
  if parser.token is not None:
    raise ValueError(
      f'expected the end of the expression, got {parser.token!r}'
    )
  return _finite(result)


def tokens(expression: str) -> list[str]:
  """Numbers, without `$` and commas, and symbols of an expression.

  Raises:
    ValueError: a character belongs to neither, or there are too many.
  """
  if len(expression) > MAX_LENGTH:
    raise ValueError(
      f'expression of {len(expression)} characters, '
      f'expected at most {MAX_LENGTH}'
    )
  text = expression.translate(_SYNONYMS).rstrip()
  found, position = [], 0
  while position < len(text):
    match = _TOKEN.match(text, position)
    if match is None:
      raise ValueError(
        f'{text[position:].strip()[:20]!r} is no arithmetic: expected '
        'a number or one of + - * / ( )'
      )
    digits, symbol = match.groups()
    found.append(symbol if digits is None else number(digits))
    position = match.end()
  return found


def number(digits: str) -> str:
  """The number without its commas: `number('1,200.5')` is '1200.5'.

  Raises:
    ValueError: it is no number, as '1.2.3' or '1,23'.
  """
  if _NUMBER.fullmatch(digits) is None:
    raise ValueError(f'{digits[:20]!r} is no number')
  return digits.replace(',', '')


def canonical(expression: str) -> str:
  """The expression with one space between its tokens.

  `canonical('(84/2)')` is '( 84 / 2 )'.

  Raises:
    ValueError: as `value`.
  """
  value(expression)
  return ' '.join(tokens(expression))


class _Parser:
  """A position in a list of tokens, moved forward by one rule per method."""

  def __init__(self, found: list[str]):
    self._tokens = iter(found)
    self._advance()

  def _advance(self) -> None:
    self.token = next(self._tokens, None)

  def sum(self, depth: int) -> float:
    total = self._product(depth)
    while self.token in ('+', '-'):
      sign = 1.0 if self.token == '+' else -1.0
      self._advance()
      total += sign * self._product(depth)
    return total

  def _product(self, depth: int) -> float:
    result = self._factor(depth)
    while self.token in ('*', '/'):
      divide = self.token == '/'
      self._advance()
      operand = self._factor(depth)
      if divide and operand == 0.0:
        raise ValueError('division by zero')
      result = result / operand if divide else result * operand
    return result

  def _factor(self, depth: int) -> float:
    sign = 1.0
    while self.token == '-':
      sign = -sign
      self._advance()
    return sign * self._atom(depth)

  def _atom(self, depth: int) -> float:
    token = self.token
    if token is None:
      raise ValueError('expected a number, got the end of the expression')
    self._advance()
    if token == '(':
      return self._parentheses(depth + 1)
    if token in '+*/)':
      raise ValueError(f'expected a number, got {token!r}')
    return _finite(float(token))

  def _parentheses(self, depth: int) -> float:
    if depth > MAX_DEPTH:
      raise ValueError(f'parentheses nested deeper than {MAX_DEPTH}')
    inside = self.sum(depth)
    if self.token != ')':
      got = 'the end of the expression' if self.token is None else self.token
      raise ValueError(f"expected ')', got {got}")
    self._advance()
    return inside


def _finite(result: float) -> float:
  if not math.isfinite(result):
    raise ValueError('the value overflows')
  return result
