"""How sure a student is of the label it wrote."""

import functools
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from distill_jax import processes
from distill_jax.data import batching
from distill_jax.evaluation import decode
from distill_jax.students import likelihood
from distill_jax.students import student as student_lib

Ids = Sequence[int]


def of_labels(
  decoder: decode.Decoder,
  params: Any,
  inputs: Sequence[Ids],
  written: Sequence[Ids],
  choices: Sequence[Sequence[str] | None],
) -> list[float]:
  """Returns the probability of each label that a student wrote.

  Where a question offers choices and the label is one of them, it is the
  probability among the choices: p(label) / sum_c p(c).

  Args:
    decoder: the student, its vocabulary and the batch size.
    params: the student's parameters.
    inputs: token ids of the questions, not padded.
    written: token ids of the labels, with EOS if it came, not padded.
    choices: the texts that each question offers, or None.
  """
  rivals = [
    _rivals(decoder, own, texts) for own, texts in zip(written, choices)
  ]
  pairs = [
    (question, target)
    for question, own, others in zip(inputs, written, rivals)
    for target in (own, *others)
  ]
  nats = iter(_nats(decoder, params, pairs))
  found = []
  for others in rivals:
    own = next(nats)
    rest = [next(nats) for _ in others]
    # p / (p + sum of the rest), without underflow.
    found.append(1 / (1 + sum(_exp(own - one) for one in rest)))
    if not others:
      found[-1] = math.exp(-own)
  return found


def _rivals(
  decoder: decode.Decoder, own: Ids, choices: Sequence[str] | None
) -> list[list[int]]:
  """Returns the other choices as token ids; none if the label is no choice."""
  eos = decoder.vocabulary.eos_id
  offered = [[*decoder.vocabulary.encode(text), eos] for text in choices or ()]
  own = list(own)
  return [one for one in offered if one != own] if own in offered else []


def _nats(
  decoder: decode.Decoder, params: Any, pairs: Sequence[tuple[Ids, Ids]]
) -> list[float]:
  """Returns the nats of each target given its input, in batches of a shape."""
  width = max(len(question) for question, _ in pairs)
  length = max(1, *(len(target) for _, target in pairs))
  found = []
  for real, questions, targets in batching.pairs(
    pairs, decoder.batch_size, (width, length)
  ):
    place = decoder.place
    sums = _sum_nats(decoder.student, params, place(questions), place(targets))
    found += processes.fetch(sums)[:real].tolist()
  return found


@functools.partial(jax.jit, static_argnums=0)
def _sum_nats(
  student: student_lib.Student,
  params: Any,
  inputs: Int[Array, 'B S'],
  targets: Int[Array, 'B T'],
) -> Float[Array, ' B']:
  return jnp.sum(
    likelihood.target(student, params, inputs, targets, None).nats, axis=1
  )


def _exp(value: float) -> float:
  return math.exp(min(value, 700.0))  # beyond it a float overflows
