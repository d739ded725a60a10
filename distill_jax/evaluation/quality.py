"""How well a critic knows good rationales from bad ones."""

import functools
import itertools
from collections.abc import Sequence

import jax
import numpy as np
from jaxtyping import Array, Int
from scipy import special

from distill_jax import processes
from distill_jax.critics import critic as critic_lib
from distill_jax.data import batching, cached
from distill_jax.data import lengths as lengths_lib
from distill_jax.evaluation import discrimination
from distill_jax.methods import method
from distill_jax.rationales import record as record_lib
from distill_jax.text import answers as answers_lib
from distill_jax.text import endings, prompts
from distill_jax.text import tokenizer as tokenizer_lib

Pair = tuple[Sequence[int], Sequence[int]]  # a question and a rationale

_BATCH_SIZE = 256  # rationales that are scored at once


def of_teacher(
  critic: critic_lib.Critic,
  params: method.Params,
  split: cached.Split,
  answers: answers_lib.Answers,
  *,
  limit: int | None = None,
) -> dict[str, float]:
  """Returns the AUC of a critic over the teacher's rationales of a split.

  Args:
    critic: the network.
    params: what it scores by, parameters of each network by name.
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
  found = scores(critic, params, pairs)
  return discrimination.report(found, good, errors)


def of_student(
  critic: critic_lib.Critic,
  params: method.Params,
  split: cached.Split,
  answers: answers_lib.Answers,
  samples: Sequence[Int[np.ndarray, ' T']],
  vocabulary: tokenizer_lib.Tokenizer,
) -> dict[str, float]:
  """Returns the AUC of a critic over rationales that a student wrote.

  A rationale is right if the answer it comes to is the gold label; one that
  comes to none is wrong. Also returns their number and the share of right ones;
  nothing for a kind of answer that reasoning never spells out.

  Args:
    critic: the network.
    params: what it scores by, parameters of each network by name.
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
  found = scores(critic, params, pairs)
  return {
    'rationales': len(good),
    'right': float(np.mean(good)),
    **discrimination.report(found, good, [''] * len(good)),
  }


def without_answer(
  sample: Int[np.ndarray, ' T'], vocabulary: tokenizer_lib.Tokenizer
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


def of_samples(
  critic: critic_lib.Critic,
  params: method.Params,
  split: cached.Split,
  samples: Sequence[Int[np.ndarray, ' T']],
  vocabulary: tokenizer_lib.Tokenizer,
) -> list[float | None]:
  """Returns s = sigmoid(D(x, r)) of each rationale that a student wrote.

  A rationale that says nothing but its answer, or nothing, has none.

  Args:
    critic: the network.
    params: what it scores by, parameters of each network by name.
    split: the questions.
    samples: one rationale per question, in the order of the split, as token
      ids; one that was cut off has no end of sequence.
    vocabulary: of the critic.
  """
  found: list[float | None] = [None] * len(samples)
  pairs = {}
  for example, sample in enumerate(samples):
    body, ids = without_answer(sample, vocabulary)
    if body:
      pairs[example] = (split[example].questions, ids)
  for example, value in zip(
    pairs, qualities(critic, params, list(pairs.values())), strict=True
  ):
    found[example] = value
  return found


def qualities(
  critic: critic_lib.Critic, params: method.Params, pairs: Sequence[Pair]
) -> list[float]:
  """Returns s = sigmoid(D(x, r)) of each pair, in [0, 1]; see `scores`."""
  return special.expit(scores(critic, params, pairs)).tolist()


def scores(
  critic: critic_lib.Critic, params: method.Params, pairs: Sequence[Pair]
) -> list[float]:
  """Returns the logit of each (question, rationale), both as token ids."""
  found = []
  widths = tuple(_width([pair[side] for pair in pairs]) for side in (0, 1))
  for real, questions, texts in batching.pairs(pairs, _BATCH_SIZE, widths):
    logits = _logits(critic, params, questions, texts)
    found += processes.fetch(logits)[:real].tolist()
  return found


def _width(rows: Sequence[Sequence[int]]) -> int:
  """Returns a width that cuts no row."""
  longest = max(map(len, rows), default=1)
  return lengths_lib.padded(longest, longest + 7)


@functools.partial(jax.jit, static_argnums=0)
def _logits(
  critic: critic_lib.Critic,
  params: method.Params,
  questions: Int[Array, 'B S'],
  candidates: Int[Array, 'B T'],
) -> Array:
  return critic.logits(params, questions, candidates[:, None])[:, 0]
