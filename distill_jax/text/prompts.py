"""Inputs and targets of a student, assembled from a record.

One home for the cache, `generate` and `evaluate`, so nothing is written twice.
"""

import dataclasses
import string
from collections.abc import Sequence
from typing import ClassVar, Protocol

from distill_jax.text import answers as answers_lib
from distill_jax.text import consistency, endings, fitting
from distill_jax.text import labels as labels_lib


class Passage(Protocol):
  """What is read of a passage; see `rationales.record.Passage`."""

  text: str


class Rationale(Protocol):
  """What is read of a rationale; see `rationales.record.Rationale`."""

  text: str
  answer: str | None
  passages: Sequence[Passage]


class Record(Protocol):
  """What is read of a record; see `rationales.record.Record`."""

  example_id: str
  question: str
  label: str | None
  choices: Sequence[str] | None
  passages: Sequence[Passage]
  rationales: Sequence[Rationale]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Texts:
  """The strings of one example.

  Attributes:
    question: the question with its choices, without prefix, for a critic.
    label_input: the question behind the label prefix.
    label_target: the label; None where the record has none and the teacher's
      vote gives none: such an example cannot be trained on, drop and count it.
    rationale_input: the question behind the rationale prefix.
    rationales: the rationales in the order of the record, without the
      sentence that states their answer; '' where nothing else was said.
    votes: for each rationale +1 (positive), -1 (negative) or 0 (no
      candidate: unparsed, a tie, or empty).
    vote: why the votes are so.
  """

  question: str
  label_input: str
  label_target: str | None
  rationale_input: str
  rationales: tuple[str, ...]
  votes: tuple[int, ...]
  vote: consistency.Vote


@dataclasses.dataclass(frozen=True, kw_only=True)
class Prompts:
  """The prefixes that ask a student for a label or for a rationale.

  Others in the literature: 'predict: ' and 'explain: ' (DSS, arXiv:2305.02301,
  in its code) and '<Predict> ' and '<Explain> ' (QCRD, arXiv:2405.13014), whose
  '<' T5's vocabulary lacks.

  A student of these has two tasks: one text is the label, the other one the
  rationale. Prompts of another kind are subclasses, such as
  `joint.RationaleThenLabel`; a run's data, training and answers follow them.
  `label_alone` says whether the target is the label and nothing else.
  """

  label_alone: ClassVar[bool] = True

  label: str = '[label] '
  rationale: str = '[rationale] '

  def __post_init__(self):
    """Refuses prefixes that no student could tell apart."""
    if self.label == self.rationale:
      raise ValueError(
        f'Prompts: label and rationale prefix are both {self.label!r}, '
        'expected two different ones; change one of them'
      )

  def described(self, *, rationales: bool) -> str:
    """How a student is asked, in a sentence for its model card.

    Args:
      rationales: whether it was taught any.
    """
    said = f'It answers a question behind the prefix `{self.label}`'
    if rationales:
      said += f' and explains it behind `{self.rationale}`'
    return f'{said}.'

  def texts(
    self,
    record: Record,
    answers: answers_lib.Answers,
    labels: labels_lib.Labels = labels_lib.GOLD,
  ) -> Texts:
    """The strings of a record.

    A record of two rationales '84 / 2 = 42. The answer is (84/2).' and
    'So 84 points.' gives rationales ('84 / 2 = 42.', 'So 84 points.') and,
    with equations for answers, votes (1, 0).

    Args:
      record: question, rationales and what else is known.
      answers: the kind of answer, for votes and teacher's labels.
      labels: whose label is the target.

    Raises:
      ValueError: the record's label is no answer of that kind, or it has more
        choices than there are letters.
    """
    answers = answers.among(record.choices)
    label = gold(record, answers)
    given = given_answers(record.rationales, answers)
    vote = consistency.vote(given, answers.same)
    rationales = tuple(
      endings.strip_answer(rationale.text) for rationale in record.rationales
    )
    asked = question(record)
    return Texts(
      question=asked,
      label_input=self.label + asked,
      label_target=labels.choose(label, given, vote, answers),
      rationale_input=self.rationale + asked,
      rationales=rationales,
      votes=tuple(
        vote.sign(sample) if text else 0
        for sample, text in enumerate(rationales)
      ),
      vote=vote,
    )

  def rows(self, record: Record) -> Sequence[Record]:
    """What a student learns of a record, an example each: all in one here."""
    return (record,)

  def fitted(self, texts: Texts, fits: fitting.Fits) -> Texts:
    """The texts with inputs whose end must stay; here it is what is cut.

    Args:
      texts: of the example.
      fits: whether a text keeps the limit of an input.
    """
    del fits
    return texts

  def worded(self, label: str, choices: Sequence[str] | None) -> str:
    """How a student writes a label: as it is."""
    del choices
    return label

  def target(self, texts: Texts, fits: fitting.Fits) -> str:
    """What a student learns to write for the label's input: the label.

    Args:
      texts: of the example, which has a label.
      fits: whether a text keeps the limit of a target.
    """
    del fits
    return texts.label_target

  def label_in(self, written: str) -> str:
    """The label in what a student wrote for the label's input; '' if none."""
    return written

  def rationale_in(self, written: str) -> str:
    """The rationale in what it wrote for the rationale's input."""
    return written


def question(record: Record) -> str:
  """The question, followed by its choices where it has any.

  ```
  Where is the bank?
  Answer Choices:
  (a) by the river
  (b) in town
  ```
  """
  if not record.choices:
    return record.question
  if len(record.choices) > len(string.ascii_lowercase):
    raise ValueError(
      f'{record.example_id}: {len(record.choices)} choices, expected at most '
      f'{len(string.ascii_lowercase)}, one per letter; leave some out'
    )
  listed = (
    f'({letter}) {choice}'
    for letter, choice in zip(string.ascii_lowercase, record.choices)
  )
  return '\n'.join([record.question, 'Answer Choices:', *listed])


def given_answers(
  rationales: Sequence[Rationale], answers: answers_lib.Answers
) -> list[str | None]:
  """The parsed answer of each rationale, None where it has none.

  It is the rationale's stored answer, else what the sentence at the end of
  its text states: the reasoning before it is never taken for an answer.
  """
  stated = (
    endings.split(rationale.text)[1]
    if rationale.answer is None
    else rationale.answer
    for rationale in rationales
  )
  return [None if text is None else answers.parse(text) for text in stated]


def gold(record: Record, answers: answers_lib.Answers) -> str | None:
  """The record's label in the words that a student learns, or None.

  With the choices 'by the river' and 'in town', label 'b' is 'in town'.

  Raises:
    ValueError: it is no answer of that kind, or none of the choices.
  """
  if record.label is None:
    return None
  answers = answers.among(record.choices)
  if answers.valid(record.label):
    return answers.spelt(record.label)
  raise ValueError(
    f'{record.example_id}: label {record.label!r} is '
    + _expected(record, answers)
  )


def _expected(record: Record, answers: answers_lib.Answers) -> str:
  """What a label is not, and how to mend it."""
  if isinstance(answers, answers_lib.Offered):
    offered = ', '.join(map(repr, record.choices))
    return f"none of the choices {offered}; give a choice's text or its letter"
  return (
    f'no {answers.name}; correct the label or name another kind of answers '
    f'than {type(answers).__name__}'
  )
