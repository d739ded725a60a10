"""How well a critic knows good rationales from bad ones."""

import functools
import itertools
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Int

from distill_jax.critics import critic as critic_lib
from distill_jax.data import batching, cached
from distill_jax.data import lengths as lengths_lib
from distill_jax.evaluation import discrimination
from distill_jax.rationales import record as record_lib
from distill_jax.text import answers as answers_lib
from distill_jax.text import endings, prompts
from distill_jax.text import vocabulary as vocabulary_lib

Pair = tuple[Sequence[int], Sequence[int]]  # a question and a rationale

_BATCH_SIZE = 256  # rationales that are scored at once


def of_teacher(
  critic: critic_lib.Critic,
  params: Any,
  split: cached.Split,
  answers: answers_lib.Answers,
  *,
  limit: int | None = None,
) -> dict[str, float]:
  """Returns the AUC of a critic over the teacher's rationales of a split.

  Args:
    critic: the network.
    params: its parameters.
    split: questions and rationales, not corrupted.
    answers: the kind of answer, which says when a rationale is right.
    limit: how many questions from the first on; None for all.

  Returns:
    `auc` over all rationales whose quality is known and `auc_KIND` per kind of
    error; nothing where good or bad ones are missing.
  """
  pairs, good, errors = [], [], []
  for example, record in enumerate(itertools.islice(split.records(), limit)):
    row = split[example]
    for sample, ids in enumerate(row.rationales):
      known = truth(record, sample, answers)
      if known is not None and len(ids) > 1:
        pairs.append((row.questions, ids))
        good.append(known[0])
        errors.append(known[1])
  found = scores(critic, params, pairs, split.lengths)
  return discrimination.report(found, good, errors)


def of_student(
  critic: critic_lib.Critic,
  params: Any,
  split: cached.Split,
  answers: answers_lib.Answers,
  samples: Sequence[Int[np.ndarray, ' T']],
  vocabulary: vocabulary_lib.Vocabulary,
) -> dict[str, float]:
  """Returns the AUC of a critic over rationales that a student wrote.

  A rationale is right if the answer it comes to is the gold label; one that
  comes to none is wrong. Also returns their number and the share of right ones;
  nothing for a kind of answer that reasoning never spells out.

  Args:
    critic: the network.
    params: its parameters.
    split: questions with gold labels.
    answers: reads the answer that a rationale comes to.
    samples: one rationale per question, in the order of the split, as token
      ids; one that was cut off has no end of sequence.
    vocabulary: of the critic.
  """
  pairs, implied, gold = [], [], []
  for example, (record, sample) in enumerate(zip(split.records(), samples)):
    body, ids = without_answer(sample, vocabulary)
    if record.label is None or not body:
      continue
    pairs.append((split[example].questions, ids))
    implied.append(answers.implied(body))
    gold.append(answers.parse(record.label))
  if not any(implied):
    return {}
  good = [
    found is not None and answers.same(found, label)
    for found, label in zip(implied, gold)
  ]
  found = scores(critic, params, pairs, split.lengths)
  return {
    'rationales': len(good),
    'right': float(np.mean(good)),
    **discrimination.report(found, good, [''] * len(good)),
  }


def without_answer(
  sample: Int[np.ndarray, ' T'], vocabulary: vocabulary_lib.Vocabulary
) -> tuple[str, list[int]]:
  """Returns a sample's reasoning as text and token ids, as a critic reads it.

  A sample that was cut off has no end of sequence, and gets none.
  """
  body = endings.strip_answer(vocabulary.decode(sample.tolist()))
  ids = vocabulary.encode(body)
  return body, [*ids, vocabulary.eos_id] if vocabulary.eos_id in sample else ids


def truth(
  record: record_lib.Record, sample: int, answers: answers_lib.Answers
) -> tuple[bool, str] | None:
  """Returns whether a rationale is right, and its kind of error ('' if none).

  A data set that knows says so in the rationale's `quality` and `error`;
  elsewhere one is right whose answer equals the gold label. None where neither
  tells.
  """
  rationale = record.rationales[sample]
  answers = answers.among(record.choices)
  if 'quality' in rationale.extra:
    error = rationale.extra.get('error') or ''
    return bool(rationale.extra['quality']), str(error)
  given = prompts.given_answers([rationale], answers)[0]
  if record.label is None or given is None:
    return None
  gold = answers.parse(record.label)
  return None if gold is None else (answers.same(given, gold), '')


def scores(
  critic: critic_lib.Critic,
  params: Any,
  pairs: Sequence[Pair],
  lengths: lengths_lib.Lengths,
) -> list[float]:
  """Returns the logit of each (question, rationale), both as token ids."""
  found = []
  widths = (lengths.inputs, lengths.rationale)
  for real, questions, texts in batching.pairs(pairs, _BATCH_SIZE, widths):
    logits = _logits(critic, params, questions, texts)
    found += np.asarray(logits)[:real].tolist()
  return found


@functools.partial(jax.jit, static_argnums=0)
def _logits(
  critic: critic_lib.Critic,
  params: Any,
  questions: Int[Array, 'B S'],
  candidates: Int[Array, 'B T'],
) -> Array:
  return critic.logits(params, questions, candidates[:, None])[:, 0]
