"""What an answer is, when two agree, and when a prediction is right.

Each kind of answer is an object with the same five members, so a data set
names its kind once and votes, teacher's labels and accuracy follow.
"""

import dataclasses
import math
import re
from typing import ClassVar, Protocol

from distill_jax.text import arithmetic
from distill_jax.text import endings

TOLERANCE = 1e-6  # relative; numbers closer than this are one answer
# Sums of decimals that should be zero are not exactly zero.
_ROUNDING = 1e-9
_CHOICE = re.compile(r'(?:\(([A-Za-z])\)|([A-Za-z])\))?\s*(.*)')
_PUNCTUATION = ' .,;:!?"\''


class Answers(Protocol):
  """One kind of answer.

  Attributes:
    name: the kind in one word, for tables.
  """

  name: str

  def parse(self, text: str) -> str | None:
    """The canonical answer in a completion, an answer or a label, or None."""
    ...

  def valid(self, prediction: str) -> bool:
    """Whether a student's decoded label has the form of a label at all."""
    ...

  def same(self, a: str, b: str) -> bool:
    """Whether two parsed answers agree."""
    ...

  def correct(self, prediction: str, label: str) -> bool:
    """Whether a student's decoded label is right; an invalid one is wrong."""
    ...

  def label(self, answer: str) -> str | None:
    """The label that a parsed answer gives a student, None where it has none.

    It matters where labels say more than answers: the answer 42 agrees with
    ( 84 / 2 ) in a vote, but no student can learn the equation from it.
    """
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Equation:
  """Labels are equations, equal where their values are.

  An answer may be a plain number too: it votes by its value and gives no
  label. Of several, joined by "and", the last counts.
  """

  name: ClassVar[str] = 'equation'

  def parse(self, text: str) -> str | None:
    """As `Answers.parse`.

    '42. The answer is (84/2).' gives '( 84 / 2 )', '51 dollars' gives '51',
    '(some - 8)' gives None: parentheses must hold a whole equation.
    """
    answer = _ending(text)
    return _expression(answer) or _last_expression(answer)

  def valid(self, prediction: str) -> bool:
    return _expression(prediction) is not None

  def same(self, a: str, b: str) -> bool:
    return _close(arithmetic.value(a), arithmetic.value(b))

  def correct(self, prediction: str, label: str) -> bool:
    return self.valid(prediction) and self.same(prediction, label)

  def label(self, answer: str) -> str | None:
    return answer if len(arithmetic.tokens(answer.lstrip('- '))) > 1 else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Number:
  """Answers are numbers: the last one that is written."""

  name: ClassVar[str] = 'number'

  def parse(self, text: str) -> str | None:
    """As `Answers.parse`: 'The answer is $1,200 each.' gives '1200'."""
    return _last_number(_ending(text))

  def valid(self, prediction: str) -> bool:
    return self.parse(prediction) is not None

  def same(self, a: str, b: str) -> bool:
    return _close(arithmetic.value(a), arithmetic.value(b))

  def correct(self, prediction: str, label: str) -> bool:
    return _agree(self, prediction, label)

  def label(self, answer: str) -> str | None:
    return answer


@dataclasses.dataclass(frozen=True, kw_only=True)
class Choice:
  """Answers are the text of a choice, or its letter where no text follows.

  Letter case, outer punctuation and repeated spaces do not count.
  """

  name: ClassVar[str] = 'choice'

  def parse(self, text: str) -> str | None:
    """As `Answers.parse`: 'So the answer is (c) the bank.' gives 'the bank'."""
    answer = _trim(_ending(text))
    letter, rest = _CHOICE.fullmatch(answer).groups()
    return rest or letter or None

  def valid(self, prediction: str) -> bool:
    return self.parse(prediction) is not None

  def same(self, a: str, b: str) -> bool:
    return _normal(a) == _normal(b)

  def correct(self, prediction: str, label: str) -> bool:
    return _agree(self, prediction, label)

  def label(self, answer: str) -> str | None:
    return answer


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text:
  """Answers are any text; letter case and outer punctuation do not count."""

  name: ClassVar[str] = 'text'

  def parse(self, text: str) -> str | None:
    """As `Answers.parse`: 'So the answer is Entailment.' gives 'Entailment'."""
    return _trim(_ending(text)) or None

  def valid(self, prediction: str) -> bool:
    return self.parse(prediction) is not None

  def same(self, a: str, b: str) -> bool:
    return _normal(a) == _normal(b)

  def correct(self, prediction: str, label: str) -> bool:
    return _agree(self, prediction, label)

  def label(self, answer: str) -> str | None:
    return answer


def _agree(answers: Answers, prediction: str, label: str) -> bool:
  found = answers.parse(prediction)
  expected = answers.parse(label)
  return None not in (found, expected) and answers.same(found, expected)


def _ending(text: str) -> str:
  """What the answer sentence says, or the whole text where there is none."""
  rationale, answer = endings.split(text)
  return rationale if answer is None else answer


def _expression(text: str) -> str | None:
  """The canonical form of a text that is one expression."""
  try:
    return arithmetic.canonical(text.strip().rstrip('.'))
  except ValueError:
    return None


def _last_expression(text: str) -> str | None:
  """The last expression in parentheses, or the last number, of a sentence."""
  part = re.split(r'\band\b', text)[-1].strip().rstrip('.')
  if '(' not in part:
    return _expression(part) or _last_number(part)
  surplus = part.count(')') - part.count('(')
  enclosed = re.search(r'\(.*\)', part)
  if enclosed is None:
    return None
  inside = enclosed[0]
  return _expression(inside[: len(inside) - max(surplus, 0)])


def _last_number(text: str) -> str | None:
  """The last number of a sentence with its sign: '$-5 each' gives '- 5'."""
  match = None
  for match in re.finditer(r'\.?\d[\d.,]*', text):
    pass
  if match is None:
    return None
  before = text[: match.start()].rstrip('$ ')
  digits = match[0].rstrip('.,')
  return _expression(f'-{digits}' if _is_negative(before) else digits)


def _is_negative(before: str) -> bool:
  """Whether the minus at the end of a text is a sign, no subtraction."""
  if not before.endswith(('-', '\u2212')):
    return False
  operand = before[:-1]
  # A letter that touches it makes it a hyphen.
  return not (
    operand[-1:].isalpha() or operand.rstrip().endswith((*'0123456789', ')'))
  )


def _close(a: float, b: float) -> bool:
  return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=_ROUNDING)


def _trim(text: str) -> str:
  return ' '.join(text.split()).strip(_PUNCTUATION)


def _normal(text: str) -> str:
  return _trim(text).casefold()
