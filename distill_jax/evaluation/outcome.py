"""A student's answers to a split, judged."""

import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Int

from distill_jax.data import cached
from distill_jax.evaluation import accuracy as accuracy_lib
from distill_jax.evaluation import decode, manners
from distill_jax.rationales import record as record_lib
from distill_jax.retrieval import truth
from distill_jax.text import answers as answers_lib

_GREEDY = manners.Greedy()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
  """What a student answered, and how right it was.

  Attributes:
    split: name of the split.
    accuracy: over all of its questions.
    rows: per question `example_id`, `question`, its `choices` if it has any,
      `label`, `prediction` (a letter as the text of its choice), `correct`,
      `parsed`, the ids of `passages` that were shown and of `gold_passages`
      where there are such, and `rationale` where it was asked for.
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
  manner: manners.Manner = _GREEDY,
) -> Outcome:
  """Lets a student answer a split and judges its answers.

  Args:
    decoder: the student, its vocabulary and the batch size.
    params: the student's parameters.
    split: the questions.
    answers: the kind of answer, which says when one is right.
    rationales: whether the student writes its rationales too.
    limit: how many questions from the first on; None for all.
    manner: how it comes to an answer.
  """
  records = list(itertools.islice(split.records(), limit))
  labels = [_label(decoder, split, i, one) for i, one in enumerate(records)]
  answered = manner.write(decoder, params, split, answers, limit)
  written = ()
  if rationales and decoder.prompts.label_alone:
    written = decoder.rationales(params, split, limit)
  elif rationales:  # it stands before the label
    written = tuple(one.tokens for one in answered)
  spelt = [
    answers.among(record.choices).spelt(one.label)
    for record, one in zip(records, answered, strict=True)
  ]
  rows = []
  for record, label, prediction in zip(records, labels, spelt, strict=True):
    rows.append(
      {
        'example_id': record.example_id,
        'question': record.question,
        **({'choices': record.choices} if record.choices else {}),
        'label': label,
        'prediction': prediction,
        'correct': answers.correct(prediction, label),
        'parsed': answers.valid(prediction),
        **_knowledge(record),
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


def _knowledge(record: record_lib.Record) -> dict[str, Any]:
  """The ids of the passages that were shown, and of those that are right."""
  shown = {}
  if record.passages:
    shown['passages'] = [passage.id for passage in record.passages]
  gold = truth.GoldPassages()
  if gold.key in record.extra:
    shown[gold.key] = sorted(gold.relevant(record)[0])
  return shown


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
