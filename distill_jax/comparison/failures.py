"""Whose fault a wrong answer was: the retrieval's or the student's.

Read from the `predictions/*.jsonl` of a run whose records name their right
passages.
"""

import collections
import dataclasses
import pathlib
from collections.abc import Iterable
from typing import Any

from distill_jax.rationales import fields as fields_lib
from distill_jax.rationales import store

_EXAMPLE = (
  '{"example_id": "medqa/test/3", "question": "Why?", "label": "a", '
  '"prediction": "b", "correct": false}'
)
FAULTS = {
  (True, True): 'right, with the right passage',
  (True, False): 'right, without it',
  (False, True): 'wrong, though the right passage was there: the student',
  (False, False): 'wrong, the right passage was not there: the retrieval',
  (True, None): 'right, no right passage is known',
  (False, None): 'wrong, no right passage is known',
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answered:
  """A question and what a run made of it.

  Attributes:
    example_id: its name.
    question: what was asked.
    label: the right answer.
    prediction: the run's answer.
    correct: whether it is right.
    rationale: the run's, '' where it wrote none.
    passages: ids of those that were shown.
    gold_passages: ids of the right ones; none where nobody knows.
  """

  example_id: str
  question: str
  label: str
  prediction: str
  correct: bool
  rationale: str = ''
  passages: tuple[str, ...] = ()
  gold_passages: tuple[str, ...] = ()

  @property
  def informed(self) -> bool | None:
    """Whether a right passage was shown; None where none is known."""
    if not self.gold_passages:
      return None
    return not set(self.gold_passages).isdisjoint(self.passages)

  @property
  def fault(self) -> str:
    """What became of the question, in words."""
    return FAULTS[self.correct, self.informed]


def read(path: pathlib.Path) -> list[Answered]:
  """The rows of a run's `predictions/*.jsonl`.

  Raises:
    ValueError: the file is absent, or a line is wrong, by its number.
  """
  rows = []
  for line, data in store.lines(path):
    try:
      rows.append(_answered(data))
    except ValueError as error:
      raise ValueError(f'{path}:{line}: {error}') from error
  return rows


def counts(rows: Iterable[Answered]) -> dict[str, int]:
  """How many questions became what, in a fixed order, without empty ones."""
  found = collections.Counter(row.fault for row in rows)
  return {fault: found[fault] for fault in FAULTS.values() if found[fault]}


def _answered(data: Any) -> Answered:
  given = fields_lib.Fields(data, what='prediction', example=_EXAMPLE)
  correct = data.get('correct')
  if not isinstance(correct, bool):
    raise ValueError(
      f"'correct' is {fields_lib.kind(correct)}, expected true or false; take "
      'the file that `evaluate` has written'
    )
  return Answered(
    example_id=given.words('example_id'),
    question=given.words('question'),
    label=given.text('label') or '',
    prediction=given.text('prediction') or '',
    correct=correct,
    rationale=given.text('rationale') or '',
    passages=given.items('passages', str) or (),
    gold_passages=given.items('gold_passages', str) or (),
  )
