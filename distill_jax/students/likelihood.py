"""How likely a student finds the targets of a question."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Shaped

from distill_jax import batch as batch_lib
from distill_jax import keys
from distill_jax.losses import sequence
from distill_jax.students import student as student_lib


class Rooms(NamedTuple):
  """How many tokens are real, of a question's arrays; None for not known.

  Attributes:
    inputs: of the inputs.
    targets: of all targets.
    chosen: of those that are chosen among them.
  """

  inputs: batch_lib.Room | None = None
  targets: batch_lib.Room | None = None
  chosen: batch_lib.Room | None = None


UNKNOWN = Rooms()


def target(
  student: student_lib.Student,
  params: Any,
  inputs: Int[Array, 'B S'],
  targets: Int[Array, 'B T'],
  rng: Array | None = None,
  rooms: Rooms = UNKNOWN,
) -> student_lib.TokenNLL:
  """Returns the nats of each token of one target per question.

  Args:
    student: the network.
    params: its parameters.
    inputs: source ids, padded with 0.
    targets: target ids, padded with 0.
    rng: key of the dropout; None for no dropout.
    rooms: of inputs and targets.
  """
  encoder_rng, decoder_rng = keys.split(rng, 2)
  encoded = student.encode(params, inputs, encoder_rng, rooms.inputs)
  return student.nll(params, encoded, targets, decoder_rng, room=rooms.targets)


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
  logits: Float[Array, '*B V'], targets: Int[Array, '*B']
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
  rooms: Rooms = UNKNOWN,
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
    rooms: of inputs, targets and chosen targets.
  """
  size, number, _ = targets.shape
  encoder_rng, decoder_rng = keys.split(rng, 2)
  encoded = student.encode(params, inputs, encoder_rng, rooms.inputs)

  def nats_of(params, encoded, some, ids, room):
    return _mean_nats(student, params, encoded, some, decoder_rng, ids, room)

  ids = jnp.arange(size * number).reshape(size, number)
  places = jax.eval_shape(
    choose, jax.ShapeDtypeStruct((size, number), jnp.float32)
  )
  if places.shape[1] == number:
    nats = nats_of(params, encoded, targets, ids, rooms.targets)
    settled = jax.lax.stop_gradient(nats)
    chosen = choose(settled)
    return Scored(nats=settled, chosen=chosen, chosen_nats=at(nats, chosen))
  fixed = jax.lax.stop_gradient((params, encoded))
  nats = nats_of(*fixed, targets, ids, rooms.targets)
  chosen = choose(nats)
  again = nats_of(
    params, encoded, at(targets, chosen), at(ids, chosen), rooms.chosen
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
  rng: Array | None,
  ids: Int[Array, 'B K'],
  room: batch_lib.Room | None,
) -> Float[Array, 'B K']:
  """Returns the mean nats per token of each target."""
  size, number, length = targets.shape
  if not number:
    return jnp.zeros((size, 0))
  flat = targets.reshape(-1, length)
  nll = student.nll(params, encoded, flat, rng, ids.reshape(-1), room)
  nats = sequence.per_sequence(nll.nats, nll.weights)
  return nats.reshape(size, number)


def _of(
  logits: Float[Array, '*B V'], targets: Int[Array, '*B']
) -> Float[Array, '*B']:
  """Returns the logit of each target.

  As a masked sum, whose gradient joins that of the softmax in one pass; a
  gather's would be a scatter into an array of the logits' size.
  """
  ids = jnp.arange(logits.shape[-1])
  return jnp.sum(jnp.where(ids == targets[..., None], logits, 0.0), axis=-1)
