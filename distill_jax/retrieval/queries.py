"""What a record is searched by, and where the passages go."""

import dataclasses
from collections.abc import Sequence
from typing import Protocol

from distill_jax.rationales import record as record_lib
from distill_jax.retrieval import retriever

Found = Sequence[Sequence[retriever.Hit]]


class Query(Protocol):
  """Queries of a record, and the record with their passages."""

  def texts(self, record: record_lib.Record) -> list[str]:
    """The queries, in an order that `filled` knows."""
    ...

  def filled(
    self, record: record_lib.Record, found: Found
  ) -> record_lib.Record:
    """The record with what each of its queries has found, for old passages."""
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
  """By the question; the passages are kept on the record.

  Attributes:
    choices: whether the choices follow the question.
    label: whether the gold label follows too, to see what knowing the answer
      would find; never for training.
  """

  choices: bool = False
  label: bool = False

  def texts(self, record: record_lib.Record) -> list[str]:
    """The one query of a record."""
    more = (record.choices or ()) if self.choices else ()
    label = (record.label,) if self.label and record.label else ()
    return [' '.join((record.question, *more, *label))]

  def filled(
    self, record: record_lib.Record, found: Found
  ) -> record_lib.Record:
    """The record with its passages."""
    return dataclasses.replace(record, passages=passages(found[0]))


@dataclasses.dataclass(frozen=True, kw_only=True)
class FirstRationale:
  """By the teacher's first rationale; the passages are kept on the record.

  For what a student could do with passages that its own question does not find:
  the oracle of arXiv:2305.18395.
  """

  def texts(self, record: record_lib.Record) -> list[str]:
    """The one query of a record.

    Raises:
      ValueError: it has no rationale.
    """
    if not record.rationales:
      raise ValueError(
        f'{record.place or record.example_id}: no rationale, expected one of '
        'the teacher to search by; give it in "rationales", or search by '
        'queries.Question'
      )
    return [record.rationales[0].text]

  def filled(
    self, record: record_lib.Record, found: Found
  ) -> record_lib.Record:
    """The record with its passages."""
    return dataclasses.replace(record, passages=passages(found[0]))


@dataclasses.dataclass(frozen=True, kw_only=True)
class EachRationale:
  """By each rationale; its passages are kept on it.

  Attributes:
    until: the rationale is cut before these words, such as 'Q:' where a teacher
      went on with another question; None to take all of it.
    question: whether the question comes before the rationale.
  """

  until: str | None = None
  question: bool = False

  def __post_init__(self):
    if self.until == '':
      raise ValueError(
        "EachRationale.until is '', expected words or None for no cut."
      )

  def texts(self, record: record_lib.Record) -> list[str]:
    """A query for each rationale."""
    before = f'{record.question} ' if self.question else ''
    return [before + self._cut(item.text) for item in record.rationales]

  def filled(
    self, record: record_lib.Record, found: Found
  ) -> record_lib.Record:
    """The record with the passages of its rationales."""
    rationales = tuple(
      dataclasses.replace(item, passages=passages(hits))
      for item, hits in zip(record.rationales, found, strict=True)
    )
    return dataclasses.replace(record, rationales=rationales)

  def _cut(self, text: str) -> str:
    return text if self.until is None else text.partition(self.until)[0]


def passages(hits: Sequence[retriever.Hit]) -> tuple[record_lib.Passage, ...]:
  """Hits as a record keeps them."""
  return tuple(
    record_lib.Passage(id=hit.id, text=hit.text, score=hit.score)
    for hit in hits
  )
