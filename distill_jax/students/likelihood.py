"""How likely a student finds the targets of a question."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Shaped

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


def predicted(
  student: student_lib.Student,
  params: Any,
  inputs: Int[Array, 'B S'],
  targets: Int[Array, 'B T'],
  rng: Array | None = None,
) -> tuple[student_lib.TokenNLL, Float[Array, 'B T V']]:
  """Returns the nats as `target` does, and the logits they were made of.

  For losses on what else could have been said; the arguments are those of
  `target`, and so is the work.
  """
  encoder_rng, decoder_rng = keys.split(rng, 2)
  encoded = student.encode(params, inputs, encoder_rng)
  logits = student.logits(params, encoded, targets, decoder_rng)
  return of_logits(logits, targets), logits


def of_logits(
  logits: Float[Array, 'B T V'], targets: Int[Array, 'B T']
) -> student_lib.TokenNLL:
  """Returns logsumexp(logits) - logits[token], 0 for padding."""
  nats = jax.nn.logsumexp(logits, axis=-1) - _of(logits, targets)
  weights = (targets > 0).astype(jnp.float32)
  return student_lib.TokenNLL(nats=nats * weights, weights=weights)


class Scored(NamedTuple):
  """Candidates as a student finds them.

  Attributes:
    nats: mean nats per token of every candidate, 0 if empty; no gradient.
    chosen: positions of the candidates to learn from.
    chosen_nats: theirs, with a gradient.
  """

  nats: Float[Array, 'B K']
  chosen: Int[Array, 'B M']
  chosen_nats: Float[Array, 'B M']


def candidates(
  student: student_lib.Student,
  params: Any,
  inputs: Int[Array, 'B S'],
  targets: Int[Array, 'B K T'],
  choose: Callable[[Float[Array, 'B K']], Int[Array, 'B M']],
  rng: Array | None = None,
) -> Scored:
  """Returns how likely K targets per question are.

  The question is encoded once, however many targets there are. The chosen ones
  are scored a second time, with the same dropout masks, so that the backward
  pass takes the work and the memory of M targets, not of K. Where all are
  chosen, once is enough.

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
  places = jax.eval_shape(
    choose, jax.ShapeDtypeStruct((size, number), jnp.float32)
  )
  if places.shape[1] == number:
    nats = _mean_nats(student, params, encoded, targets, masks)
    settled = jax.lax.stop_gradient(nats)
    chosen = choose(settled)
    return Scored(nats=settled, chosen=chosen, chosen_nats=at(nats, chosen))
  fixed = jax.lax.stop_gradient((params, encoded))
  nats = _mean_nats(student, *fixed, targets, masks)
  chosen = choose(nats)
  again = _mean_nats(
    student,
    params,
    encoded,
    at(targets, chosen),
    masks if masks is None else at(masks, chosen),
  )
  # The values that were chosen by, and the gradient of the second pass.
  chosen_nats = at(nats, chosen) + again - jax.lax.stop_gradient(again)
  return Scored(nats=nats, chosen=chosen, chosen_nats=chosen_nats)


def at(values: Shaped[Array, 'B K *T'], chosen: Int[Array, 'B M']) -> Array:
  """Returns the values of the chosen candidates: B M, and what follows."""
  return jax.vmap(lambda row, places: row[places])(values, chosen)


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


def _of(
  logits: Float[Array, 'B T V'], targets: Int[Array, 'B T']
) -> Float[Array, 'B T']:
  """Returns logits[b, t, targets[b, t]].

  As a masked sum, whose gradient joins that of the softmax in one pass; a
  gather's would be a scatter into an array of the logits' size.
  """
  ids = jnp.arange(logits.shape[-1])
  return jnp.sum(jnp.where(ids == targets[..., None], logits, 0.0), axis=-1)
