"""Questions that no cache holds, as a student reads them."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from distill_jax.data import census as census_lib
from distill_jax.data import lengths as lengths_lib
from distill_jax.data import source as source_lib
from distill_jax.rationales import record as record_lib
from distill_jax.text import prompts as prompts_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
  """A question as token ids, not padded.

  Attributes:
    label_inputs: question behind the label prefix, not cut.
    rationale_inputs: question behind the rationale prefix, not cut.
    lost: a sentence for each thing that the student does not see.
  """

  label_inputs: Int[np.ndarray, ' S']
  rationale_inputs: Int[np.ndarray, ' S']
  lost: tuple[str, ...]


class Questions:
  """Questions that no cache holds, as a decoder reads those of a split.

  Attributes:
    lengths: limits of the source, with inputs as wide as the longest needs.
    lost: a sentence for each thing that the student does not see.
  """

  def __init__(
    self, source: source_lib.Source, records: Sequence[record_lib.Record]
  ):
    self._records = list(records)
    self._asked = [ask(source, record) for record in records]
    longest = max(
      max(len(one.label_inputs), len(one.rationale_inputs))
      for one in self._asked
    )
    self.lengths = dataclasses.replace(
      source.lengths,
      inputs=lengths_lib.padded(longest, source.lengths.inputs),
    )
    self.lost = [
      f'{record.example_id}: {sentence}'
      for record, one in zip(self._records, self._asked)
      for sentence in one.lost
    ]

  def __len__(self) -> int:
    return len(self._asked)

  def __getitem__(self, index: int) -> Asked:
    return self._asked[index]

  def records(self) -> list[record_lib.Record]:
    """Returns the record of every question."""
    return self._records


def ask(source: source_lib.Source, record: record_lib.Record) -> Asked:
  """The question of a record, whatever label the record has.

  Args:
    source: prompts, vocabulary and lengths of the student.
    record: question and choices, and the rationales of prompts that ask for
      one.
  """
  bare = dataclasses.replace(record, label=None)
  whole = source.prompts.texts(bare, source.data_set.answers)
  texts = source.fitted(whole)
  label = _ids(source, texts.label_input)
  rationale = _ids(source, texts.rationale_input)
  return Asked(
    label_inputs=label,
    rationale_inputs=rationale,
    lost=(
      *_cut(max(len(label), len(rationale)), source.lengths.inputs),
      *_shortened(source, whole),
      *_without_shots(source, whole),
      *_lacking(source, label, texts.question),
    ),
  )


def _ids(source: source_lib.Source, text: str) -> Int[np.ndarray, ' S']:
  vocabulary = source.vocabulary
  return np.array([*vocabulary.encode(text), vocabulary.eos_id])


def _cut(tokens: int, limit: int) -> list[str]:
  if tokens <= limit:
    return []
  return [
    f'the question has {tokens:,} tokens and is cut after {limit:,}; shorten it'
  ]


def _shortened(
  source: source_lib.Source, whole: prompts_lib.Texts
) -> list[str]:
  if not source.shortens(whole):
    return []
  tokens = len(_ids(source, whole.label_input))
  lost = f'the input has {tokens:,} tokens and lost words of its passages or '
  room = f'its question to keep within {source.lengths.inputs:,}'
  return [f'{lost}{room}; raise Lengths.inputs']


def _without_shots(
  source: source_lib.Source, whole: prompts_lib.Texts
) -> list[str]:
  if not source.lacks_shots(whole):
    return []
  missing = f'all {source.shots} solved questions before it'
  return [f'there is no room for {missing}; raise Lengths.inputs']


def _lacking(
  source: source_lib.Source, ids: Int[np.ndarray, ' S'], question: str
) -> list[str]:
  if source.vocabulary.unk_id not in ids:
    return []
  census = census_lib.Census(source.vocabulary)
  census.add({'questions': question})
  return [
    'the vocabulary lacks characters of the question, such as '
    f'{" ".join(map(repr, loss["characters"]))}; write it without them'
    for loss in census.facts().values()
  ]
