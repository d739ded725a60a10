"""What an answer is, when two agree, and when a prediction is right.

A data set names its kind of answer once; votes, the teacher's labels and the
accuracy follow.
"""

import dataclasses
import math
import re
from collections.abc import Sequence
from typing import ClassVar, Protocol

from distill_jax.text import arithmetic, endings, quantities

TOLERANCE = 1e-6  # relative; numbers closer than this are one answer
_ROUNDING = 1e-9  # absolute; 0.1 + 0.2 - 0.3 is zero

_COMPUTES = re.compile(r'\d.*[-+*/]')
_CHOICE = re.compile(r'(?:\(([A-Za-z])\)|([A-Za-z])\))?\s*(.*)')
_LETTER = re.compile(r'\(?([a-z])(?:(\))|[.:]|$)\s*(.*)')
_PUNCTUATION = ' .,;:!?"\''


class Answers(Protocol):
  """One kind of answer.

  Attributes:
    name: the kind in one word, for tables and messages.
    choices: all that an answer can be, None where that is open.
  """

  name: ClassVar[str]
  choices: tuple[str, ...] | None = None

  def parse(self, text: str) -> str | None:
    """The canonical answer in a completion, an answer or a label, or None."""
    ...

  def same(self, a: str, b: str) -> bool:
    """Whether two parsed answers agree."""
    ...

  def valid(self, prediction: str) -> bool:
    """Whether a label, a student's or a record's, is an answer at all."""
    return self.parse(prediction) is not None

  def correct(self, prediction: str, label: str) -> bool:
    """Whether a student's decoded label is right; an invalid one is wrong."""
    if not self.valid(prediction):
      return False
    found, expected = self.parse(prediction), self.parse(label)
    return expected is not None and self.same(found, expected)

  def label(self, answer: str) -> str | None:
    """The label that a parsed answer gives a student, or None."""
    return answer

  def implied(self, rationale: str) -> str | None:
    """The answer that a rationale comes to without saying so, or None."""
    return None

  def among(self, choices: Sequence[str] | None) -> 'Answers':
    """The kind of answer to a question that offers these choices, if any."""
    del choices
    return self

  def spelt(self, text: str) -> str:
    """A label or prediction in the words that a student learns."""
    return text


@dataclasses.dataclass(frozen=True, kw_only=True)
class Equation(Answers):
  """Labels are equations, equal where their values are.

  An answer may be a plain number too: it votes by its value, and gives no
  label, for no student can learn an equation from it. What a student decodes
  must be one expression and nothing else.
  """

  name: ClassVar[str] = 'equation'

  def parse(self, text: str) -> str | None:
    """As `Answers.parse`.

    '84 / 2 = 42. The answer is (84/2).' gives '( 84 / 2 )', '51 dollars'
    gives '51', '(some - 8)' gives None.
    """
    answer = _ending(text)
    return quantities.expression(answer) or quantities.last_expression(answer)

  def implied(self, rationale: str) -> str | None:
    """As `Answers.implied`: what was computed last."""
    return quantities.last_computation(rationale)

  def same(self, a: str, b: str) -> bool:
    """Whether two expressions have equal values."""
    return _close(a, b)

  def valid(self, prediction: str) -> bool:
    """Whether the whole of a decoded label is one expression."""
    return quantities.expression(prediction) is not None

  def label(self, answer: str) -> str | None:
    """The answer where it computes something, None where it is a number."""
    return answer if _COMPUTES.search(answer) else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Number(Answers):
  """Answers are numbers: the last one that is written."""

  name: ClassVar[str] = 'number'

  def parse(self, text: str) -> str | None:
    """As `Answers.parse`: 'The answer is $1,200 each.' gives '1200'."""
    return quantities.last_number(_ending(text))

  def implied(self, rationale: str) -> str | None:
    """As `Answers.implied`: the last number."""
    return quantities.last_number(rationale)

  def valid(self, prediction: str) -> bool:
    """Whether it gives a number, and computes none: '( 2 * 3 )' does."""
    found = quantities.expression(prediction)
    computes = found is not None and _COMPUTES.search(found)
    return self.parse(prediction) is not None and not computes

  def same(self, a: str, b: str) -> bool:
    """Whether two numbers are equal."""
    return _close(a, b)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Choice(Answers):
  """Answers are the text of a choice, or its letter where no text follows.

  Letter case, outer punctuation and repeated spaces do not count.
  """

  name: ClassVar[str] = 'choice'

  def parse(self, text: str) -> str | None:
    """As `Answers.parse`: 'So the answer is (c) the bank.' gives 'the bank'."""
    answer = ' '.join(_ending(text).split())
    bracketed, closed, rest = _CHOICE.fullmatch(answer).groups()
    return rest.strip(_PUNCTUATION) or bracketed or closed

  def same(self, a: str, b: str) -> bool:
    """Whether two choices read the same."""
    return _normal(a) == _normal(b)

  def among(self, choices: Sequence[str] | None) -> Answers:
    """As `Answers.among`: one of the choices, by its text or its letter."""
    return Offered(choices=tuple(choices)) if choices else self


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text(Answers):
  """Answers are any text; letter case and outer punctuation do not count."""

  name: ClassVar[str] = 'text'

  def parse(self, text: str) -> str | None:
    """As `Answers.parse`: 'So the answer is Entailment.' gives 'Entailment'."""
    return ' '.join(_ending(text).split()).strip(_PUNCTUATION) or None

  def same(self, a: str, b: str) -> bool:
    """Whether two texts read the same."""
    return _normal(a) == _normal(b)

  def among(self, choices: Sequence[str] | None) -> Answers:
    """As `Answers.among`: one of the choices, by its text or its letter."""
    return Offered(choices=tuple(choices)) if choices else self


@dataclasses.dataclass(frozen=True, kw_only=True)
class Offered(Answers):
  """Answers are one of the choices that a question offers.

  Attributes:
    choices: their texts; the first one is (a).
  """

  name: ClassVar[str] = 'choice'
  choices: tuple[str, ...]

  def parse(self, text: str) -> str | None:
    """The choice that an answer names, by its text before its letter.

    Of 'by the river' and 'in town', '(b)', 'B', 'b. In town' and 'in town.'
    give 'in town'; '(c)' and 'at home' give None.
    """
    answer = _normal(_ending(text))
    lettered = _LETTER.fullmatch(answer)
    letter, bracket, rest = lettered.groups() if lettered else ('', None, '')
    for words in filter(None, (answer, rest)):
      for choice in self.choices:
        if words == _normal(choice):
          return choice
    number = ord(letter) - ord('a') if letter else len(self.choices)
    trusted = (bracket or not rest) and number < len(self.choices)
    return self.choices[number] if trusted else None

  def same(self, a: str, b: str) -> bool:
    """Whether two choices read the same."""
    return _normal(a) == _normal(b)

  def spelt(self, text: str) -> str:
    """As `Answers.spelt`: the choice's text, or the text where it has none."""
    return self.parse(text) or text


@dataclasses.dataclass(frozen=True, kw_only=True)
class OneOf(Answers):
  """Answers are one of a few words, the same for every question.

  Letter case and outer punctuation do not count; anything else is no answer.

  Attributes:
    choices: the words.
  """

  name: ClassVar[str] = 'class'
  choices: tuple[str, ...]

  def parse(self, text: str) -> str | None:
    """As `Answers.parse`: 'So the answer is Neutral.' gives 'neutral'."""
    answer = _normal(_ending(text))
    return next((c for c in self.choices if _normal(c) == answer), None)

  def same(self, a: str, b: str) -> bool:
    """Whether two words read the same."""
    return _normal(a) == _normal(b)


def _ending(text: str) -> str:
  """What the answer sentence says, or the whole text where there is none."""
  rationale, answer = endings.split(text)
  return rationale if answer is None else answer


def _close(a: str, b: str) -> bool:
  return math.isclose(
    arithmetic.value(a),
    arithmetic.value(b),
    rel_tol=TOLERANCE,
    abs_tol=_ROUNDING,
  )


def _normal(text: str) -> str:
  return ' '.join(text.split()).strip(_PUNCTUATION).casefold()
