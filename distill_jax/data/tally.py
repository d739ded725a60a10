"""What is counted while the records of a split become texts."""

import collections
import dataclasses
from typing import Any

from distill_jax.rationales import misspelt
from distill_jax.rationales import record as record_lib
from distill_jax.text import prompts

# Why a question has no rationale that won a vote.
ABSENT = 'absent'  # it has no rationale
BARE = 'bare'  # they say nothing but an answer
SILENT = 'silent'  # none of them gives an answer
TIED = 'tied'  # two answers share the most votes


def _counter() -> Any:
  return dataclasses.field(default_factory=collections.Counter)


@dataclasses.dataclass(kw_only=True)
class Tally:
  """Counts of one split.

  Attributes:
    dropped: records left out, by reason.
    unvoted: questions without a positive, by reason: one of those above.
    unlabelled: questions without a label of their own.
    misspelt: records by (unknown key, known key).
    shortened: label targets that lost words, so that their end fits.
    shortened_inputs: examples whose inputs did.
    without_shots: examples before which not all shots have room.
    rows_of_questions: how many examples each question that is kept has become.
  """

  dropped: collections.Counter[str] = _counter()
  unvoted: collections.Counter[str] = _counter()
  unlabelled: int = 0
  misspelt: collections.Counter[tuple[str, str]] = _counter()
  shortened: int = 0
  shortened_inputs: int = 0
  without_shots: int = 0
  rows_of_questions: list[int] = dataclasses.field(default_factory=list)

  def add(self, record: record_lib.Record, texts: prompts.Texts) -> None:
    """Counts a question that is kept."""
    self.unlabelled += record.label is None
    reason = _why_unvoted(texts)
    if reason:
      self.unvoted[reason] += 1

  def read(self, record: record_lib.Record) -> None:
    """Counts what is odd about a record, kept or not."""
    self.misspelt.update(misspelt.keys(record))

  def facts(self) -> dict[str, Any]:
    """Returns the counts as JSON has them."""
    return {
      'dropped': self.dropped,
      'unvoted': self.unvoted,
      'unlabelled': self.unlabelled,
      'shortened': self.shortened,
      'shortened_inputs': self.shortened_inputs,
      'without_shots': self.without_shots,
      'rows_of_questions': self._rows_of_questions(),
      'misspelt': [
        [*pair, number] for pair, number in sorted(self.misspelt.items())
      ],
    }

  def _rows_of_questions(self) -> list[int] | None:
    """Returns the counts, or None where each question is one example."""
    several = any(number != 1 for number in self.rows_of_questions)
    return self.rows_of_questions if several else None


def _why_unvoted(texts: prompts.Texts) -> str | None:
  if any(vote > 0 for vote in texts.votes):
    return None
  if not texts.rationales:
    return ABSENT
  if texts.vote.positives or not any(texts.rationales):
    return BARE
  return TIED if texts.vote.tie else SILENT
