"""How well a critic knows good rationales from bad ones."""

import functools
import itertools
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Int

from distill_jax.critics import critic as critic_lib
from distill_jax.data import batching, cached
from distill_jax.evaluation import discrimination
from distill_jax.rationales import record as record_lib
from distill_jax.text import answers as answers_lib
from distill_jax.text import prompts

Place = tuple[int, int]  # example, sample


def report(
  critic: critic_lib.Critic,
  params: Any,
  split: cached.Split,
  answers: answers_lib.Answers,
  *,
  batch_size: int = 256,
  limit: int | None = None,
) -> dict[str, float]:
  """Returns the AUC of a critic over the teacher's rationales of a split.

  Args:
    critic: the network.
    params: its parameters.
    split: questions and rationales, not corrupted.
    answers: the kind of answer, which says when a rationale is right.
    batch_size: rationales that are scored at once.
    limit: how many questions from the first on; None for all.

  Returns:
    `auc` over all rationales whose quality is known and `auc_KIND` per kind of
    error; nothing where good or bad ones are missing.
  """
  records = list(itertools.islice(split.records(), limit))
  scores, good, errors = [], [], []
  for (example, sample), score in _scored(
    critic, params, split, len(records), batch_size
  ):
    known = truth(records[example], sample, answers)
    if known is not None:
      scores.append(score)
      good.append(known[0])
      errors.append(known[1])
  return discrimination.report(scores, good, errors)


def truth(
  record: record_lib.Record, sample: int, answers: answers_lib.Answers
) -> tuple[bool, str] | None:
  """Returns whether a rationale is right, and its kind of error ('' if none).

  A data set that knows says so in the rationale's `quality` and `error`;
  elsewhere one is right whose answer equals the gold label. None where neither
  tells.
  """
  rationale = record.rationales[sample]
  if 'quality' in rationale.extra:
    error = rationale.extra.get('error') or ''
    return bool(rationale.extra['quality']), str(error)
  given = prompts.given_answers([rationale], answers)[0]
  if record.label is None or given is None:
    return None
  gold = answers.parse(record.label)
  return None if gold is None else (answers.same(given, gold), '')


def _scored(
  critic, params, split, examples: int, batch_size: int
) -> Iterator[tuple[Place, float]]:
  places = [
    (example, sample)
    for example in range(examples)
    for sample, ids in enumerate(split[example].rationales)
    if len(ids) > 1
  ]
  for start in range(0, len(places), batch_size):
    chunk = places[start : start + batch_size]
    rows = [split[example] for example, _ in chunk]
    filling = [()] * (batch_size - len(chunk))
    questions = batching.padded(
      [row.questions for row in rows] + filling, split.lengths.inputs
    )
    texts = [row.rationales[k] for row, (_, k) in zip(rows, chunk)]
    candidates = batching.padded(texts + filling, split.lengths.rationale)
    logits = np.array(_logits(critic, params, questions, candidates))
    yield from zip(chunk, logits[: len(chunk)].tolist())


@functools.partial(jax.jit, static_argnums=0)
def _logits(
  critic: critic_lib.Critic,
  params: Any,
  questions: Int[Array, 'B S'],
  candidates: Int[Array, 'B T'],
) -> Array:
  return critic.logits(params, questions, candidates[:, None])[:, 0]
