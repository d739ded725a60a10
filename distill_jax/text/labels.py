"""Whose label a student learns.

`Gold` and `Teacher` are the two choices; both are frozen, so that a gin file
can name one.
"""

import dataclasses
from collections.abc import Sequence
from typing import Protocol

from distill_jax.text import answers as answers_lib
from distill_jax.text import consistency


class Labels(Protocol):
  """Where a label comes from."""

  def choose(
    self,
    gold: str | None,
    given: Sequence[str | None],
    vote: consistency.Vote,
    answers: answers_lib.Answers,
  ) -> str | None:
    """The label to train on, None where there is none: drop the example.

    Args:
      gold: the record's own label, None where it has none.
      given: the parsed answers of its rationales.
      vote: their vote.
      answers: the kind of answer.
    """
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Teacher:
  """The answer that won the vote, whatever the record's label says.

  Where a label says more than an answer (an equation), it is that of the
  first sample of the majority that has one.
  """

  def choose(
    self,
    gold: str | None,
    given: Sequence[str | None],
    vote: consistency.Vote,
    answers: answers_lib.Answers,
  ) -> str | None:
    """As `Labels.choose`; None in a tie too: nobody won."""
    del gold
    labels = (answers.label(given[sample]) for sample in vote.positives)
    return next((label for label in labels if label is not None), None)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gold:
  """The record's label, the teacher's where the record has none."""

  def choose(
    self,
    gold: str | None,
    given: Sequence[str | None],
    vote: consistency.Vote,
    answers: answers_lib.Answers,
  ) -> str | None:
    """As `Labels.choose`."""
    if gold is not None:
      return gold
    return Teacher().choose(gold, given, vote, answers)


GOLD = Gold()
