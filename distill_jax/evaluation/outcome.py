"""A student's answers to a split, judged."""

import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Int

from distill_jax.data import cached
from distill_jax.evaluation import accuracy as accuracy_lib
from distill_jax.evaluation import decode
from distill_jax.rationales import record as record_lib
from distill_jax.text import answers as answers_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
  """What a student answered, and how right it was.

  Attributes:
    split: name of the split.
    accuracy: over all of its questions.
    rows: per question `example_id`, `question`, `label`, `prediction` (a
      letter as the text of its choice), `correct`, `parsed`, and `rationale`
      where it was asked for.
    measures: what else was measured, by name.
    written: the rationales as token ids: text, EOS if it came, padding; none
      where they were not asked for.
  """

  split: str
  accuracy: accuracy_lib.Accuracy
  rows: tuple[Mapping[str, Any], ...]
  measures: Mapping[str, float] = dataclasses.field(default_factory=dict)
  written: tuple[Int[np.ndarray, ' T'], ...] = ()


def judge(
  decoder: decode.Decoder,
  params: Any,
  split: cached.Split,
  answers: answers_lib.Answers,
  *,
  rationales: bool = False,
  limit: int | None = None,
) -> Outcome:
  """Lets a student answer a split greedily and judges its answers.

  Args:
    decoder: the student, its vocabulary and the batch size.
    params: the student's parameters.
    split: the questions.
    answers: the kind of answer, which says when one is right.
    rationales: whether the student writes its rationales too.
    limit: how many questions from the first on; None for all.
  """
  records = list(itertools.islice(split.records(), limit))
  labels = [_label(decoder, split, i, one) for i, one in enumerate(records)]
  predicted = decoder.labels(params, split, limit)
  written = decoder.rationales(params, split, limit) if rationales else ()
  spelt = [
    answers.among(record.choices).spelt(prediction)
    for record, prediction in zip(records, predicted, strict=True)
  ]
  rows = []
  for record, label, prediction in zip(records, labels, spelt, strict=True):
    rows.append(
      {
        'example_id': record.example_id,
        'question': record.question,
        'label': label,
        'prediction': prediction,
        'correct': answers.correct(prediction, label),
        'parsed': answers.valid(prediction),
      }
    )
  if written:
    for row, tokens in zip(rows, written, strict=True):
      row['rationale'] = decoder.rationale_in(tokens)
  return Outcome(
    split=split.name,
    accuracy=accuracy_lib.measure(spelt, labels, answers),
    rows=tuple(rows),
    written=tuple(written),
  )


def _label(
  decoder: decode.Decoder,
  split: cached.Split,
  index: int,
  record: record_lib.Record,
) -> str:
  """The right label: the record's, else the one it was given in training."""
  if record.label is not None:
    return record.label
  target = decoder.vocabulary.decode(split[index].label_targets.tolist())
  return decoder.prompts.label_in(target)
