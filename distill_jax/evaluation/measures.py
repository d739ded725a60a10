"""What is told of a student's answers beside their accuracy."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from distill_jax.critics import critic as critic_lib
from distill_jax.data import cached
from distill_jax.data import seen as seen_lib
from distill_jax.evaluation import (
  accuracy,
  calibration,
  confidence,
  decode,
  explanation,
  quality,
)
from distill_jax.evaluation import outcome as outcome_lib
from distill_jax.methods import method
from distill_jax.rationales import record as record_lib
from distill_jax.rationales import siblings
from distill_jax.text import answers as answers_lib
from distill_jax.text import endings
from distill_jax.text import tokenizer as tokenizer_lib

_MOST_PAIRS = 10_000_000  # of questions; about a minute


def add(
  judged: outcome_lib.Outcome,
  decoder: decode.Decoder,
  params: Any,
  split: cached.Split,
  known: seen_lib.Seen,
  answers: answers_lib.Answers,
) -> outcome_lib.Outcome:
  """Returns an outcome with its measures, in its rows and as a whole.

  `calibration_error` (expected, in ten bins, of the label's probability),
  unless the label depends on a rationale written before it;
  `siblings` (questions that a known question nearly repeats) and
  `accuracy_without_siblings` with its interval, where there are such and the
  data set is small enough to compare all pairs; where rationales were
  written, `implied`, `implied_accuracy` and `agreement` of
  `explanation.summary`, and `rouge_l` to the teacher's first rationale.

  Args:
    judged: all questions of the split.
    decoder: that answered.
    params: the student's parameters.
    split: the questions.
    known: all questions to train and validate on, whatever was learnt from.
    answers: the kind of answer.
  """
  records = split.records()
  rows = [dict(row) for row in judged.rows]
  right = [row['correct'] for row in rows]
  found = {}
  if decoder.prompts.label_alone:
    sure = confidence.of_labels(
      decoder,
      params,
      [split[index].label_inputs for index in range(len(records))],
      [
        _ids(decoder, decoder.prompts.worded(row['prediction'], one.choices))
        for row, one in zip(rows, records, strict=True)
      ],
      [_choices(decoder, answers, record) for record in records],
    )
    for row, value in zip(rows, sure, strict=True):
      row['confidence'] = value
    found['calibration_error'] = calibration.expected_error(sure, right)
  found |= _apart(records, known, right)
  if 'rationale' in rows[0]:
    found |= _explained(rows, records, answers)
  return dataclasses.replace(judged, rows=tuple(rows), measures=found)


def add_quality(
  judged: outcome_lib.Outcome,
  critic: critic_lib.Critic,
  params: method.Params,
  split: cached.Split,
  vocabulary: tokenizer_lib.Tokenizer,
) -> outcome_lib.Outcome:
  """Returns an outcome with what a critic thinks of its rationales.

  `quality` of a row is s = sigmoid(D(x, r)), None for a rationale that says
  nothing but its answer; that of the whole is the mean of the others, if there
  are any. An outcome without rationales stays as it is.

  Args:
    judged: all questions of the split.
    critic: the network.
    params: what it scores by, parameters of each network by name.
    split: the questions.
    vocabulary: of student and critic.
  """
  if not judged.written:
    return judged
  found = quality.of_samples(critic, params, split, judged.written, vocabulary)
  rows = tuple(
    {**row, 'quality': value}
    for row, value in zip(judged.rows, found, strict=True)
  )
  known = [value for value in found if value is not None]
  mean = {'quality': float(np.mean(known))} if known else {}
  told = {**judged.measures, **mean}
  return dataclasses.replace(judged, rows=rows, measures=told)


def _ids(decoder: decode.Decoder, text: str) -> list[int]:
  return [*decoder.vocabulary.encode(text), decoder.vocabulary.eos_id]


def _choices(
  decoder: decode.Decoder,
  answers: answers_lib.Answers,
  record: record_lib.Record,
) -> list[str] | None:
  """All that a student may write for a label; None where that is open."""
  found = answers.among(record.choices).choices
  return found and [
    decoder.prompts.worded(choice, record.choices) for choice in found
  ]


def _apart(
  records: Sequence[record_lib.Record],
  known: seen_lib.Seen,
  right: Sequence[bool],
) -> Mapping[str, float]:
  """The accuracy on questions that no known one nearly repeats."""
  if len(records) * len(known) > _MOST_PAIRS:
    return {}
  alone = siblings.without_sibling(
    [record.question for record in records],
    [record.question for record in known.records()],
  )
  if not alone or len(alone) == len(records):
    return {}
  hits = sum(right[index] for index in alone)
  low, high = accuracy.wilson(hits, len(alone))
  return {
    'siblings': len(records) - len(alone),
    'accuracy_without_siblings': hits / len(alone),
    'low_without_siblings': low,
    'high_without_siblings': high,
  }


def _explained(
  rows: Sequence[dict[str, Any]],
  records: Sequence[record_lib.Record],
  answers: answers_lib.Answers,
) -> Mapping[str, float]:
  """What the rationales come to; each row receives its own."""
  read = []
  for row, record in zip(rows, records, strict=True):
    one = explanation.read(
      row['rationale'],
      row['prediction'],
      row['label'],
      answers.among(record.choices),
    )
    row['implied'] = one.implied
    read.append(one)
  return {**explanation.summary(read), **_likeness(rows, records)}


def _likeness(
  rows: Sequence[dict[str, Any]], records: Sequence[record_lib.Record]
) -> Mapping[str, float]:
  """ROUGE-L to the teacher, over the questions that it explained."""
  pairs = [
    (row, endings.strip_answer(record.rationales[0].text))
    for row, record in zip(rows, records, strict=True)
    if record.rationales
  ]
  if not pairs:
    return {}
  values = explanation.rouge_l(
    [row['rationale'] for row, _ in pairs], [text for _, text in pairs]
  )
  for (row, _), value in zip(pairs, values):
    row['rouge_l'] = value
  return {'rouge_l': float(np.mean(values))}
