"""How likely a student finds the targets of a question."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
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
  choose: Callable[[Float[Array, 'B K']], Int[Array, 'B M']],
  rng: Array | None = None,
) -> Float[Array, 'B K']:
  """Returns the mean nats per token of K targets per question; 0 if empty.

  The question is encoded once, however many targets there are. Only the chosen
  ones have a gradient: they are scored a second time, with the same dropout
  masks, so the work and the memory of the backward pass are those of M targets.

  Args:
    student: the network.
    params: its parameters.
    inputs: source ids, padded with 0.
    targets: target ids, padded with 0.
    choose: from the nats of all targets to the positions of those to learn
      from.
    rng: key of the dropout; None for no dropout. Each target has masks of its
      own.
  """
  size, number, _ = targets.shape
  encoder_rng, decoder_rng = keys.split(rng, 2)
  encoded = student.encode(params, inputs, encoder_rng)
  masks = keys.grid(decoder_rng, (size, number))
  fixed = jax.lax.stop_gradient((params, encoded))
  nats = _mean_nats(student, *fixed, targets, masks)
  chosen = choose(nats)
  rows = jnp.arange(size)[:, None]
  again = _mean_nats(
    student,
    params,
    encoded,
    targets[rows, chosen],
    masks if masks is None else masks[rows, chosen],
  )
  # Adds 0 and a gradient: the values stay those that were chosen by.
  return nats.at[rows, chosen].add(again - jax.lax.stop_gradient(again))


def _mean_nats(
  student: student_lib.Student,
  params: Any,
  encoded: student_lib.Encoded,
  targets: Int[Array, 'B K T'],
  masks: Array | None,
) -> Float[Array, 'B K']:
  """Returns the mean nats per token, K mapped over the decoder alone."""

  def one(encoded: Any, target: Array, key: Array | None) -> Array:
    row = jax.tree.map(lambda x: x[None], encoded)
    nll = student.nll(params, row, target[None], key)
    return sequence.per_sequence(nll.nats, nll.weights)[0]

  of_question = jax.vmap(one, (None, 0, 0))
  return jax.vmap(of_question)(encoded, targets, masks)
