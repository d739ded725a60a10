"""How likely a student finds the targets of a question."""

from typing import Any

import jax
from jaxtyping import Array, Float, Int

from distill_jax import keys
from distill_jax.losses import sequence
from distill_jax.students import student as student_lib


def target(
  student: student_lib.Student,
  params: Any,
  inputs: Int[Array, 'B S'],
  targets: Int[Array, 'B T'],
  rng: Array | None = None,
) -> student_lib.TokenNLL:
  """Returns the nats of each token of one target per question.

  Args:
    student: the network.
    params: its parameters.
    inputs: source ids, padded with 0.
    targets: target ids, padded with 0.
    rng: key of the dropout; None for no dropout.
  """
  encoder_rng, decoder_rng = keys.split(rng, 2)
  encoded = student.encode(params, inputs, encoder_rng)
  return student.nll(params, encoded, targets, decoder_rng)


def candidates(
  student: student_lib.Student,
  params: Any,
  inputs: Int[Array, 'B S'],
  targets: Int[Array, 'B K T'],
  rng: Array | None = None,
) -> Float[Array, 'B K']:
  """Returns the mean nats per token of K targets per question; 0 if empty.

  The question is encoded once: K is mapped over the decoder alone, with the
  encoded question (and so its keys and values) unmapped. Each candidate has its
  own dropout mask.

  Args:
    student: the network.
    params: its parameters.
    inputs: source ids, padded with 0.
    targets: target ids, padded with 0.
    rng: key of the dropout; None for no dropout.
  """
  encoder_rng, decoder_rng = keys.split(rng, 2)
  encoded = student.encode(params, inputs, encoder_rng)

  def one(candidate: Array, key: Array | None) -> Float[Array, ' B']:
    nll = student.nll(params, encoded, candidate, key)
    return sequence.per_sequence(nll.nats, nll.weights)

  if decoder_rng is None:
    return jax.vmap(lambda c: one(c, None), 1, 1)(targets)
  masks = jax.random.split(decoder_rng, targets.shape[1])
  return jax.vmap(one, (1, 0), 1)(targets, masks)
