"""One update of one network as a pure, jitted function."""

import zlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from distill_jax import batch as batch_lib
from distill_jax.losses import mean
from distill_jax.methods import method
from distill_jax.training import phases

_SKIPPED = '_skipped'  # behind the name of a network

Step = Callable[..., tuple[Any, Any, mean.Terms]]


def make(
  update: phases.Update,
  transform: optax.GradientTransformation,
  accumulate: int = 1,
  places: tuple[Any, Any] | None = None,
) -> Step:
  """Returns the jitted step of an update.

  The step takes `(own, optimizer, others, batch, rng, number, weight)`: the
  network's parameters and optimizer state (both donated), the parameters of all
  other networks by name, a batch, the key of the run, the number of the step
  and the factor on the update. It returns the new parameters, the new optimizer
  state and the method's terms. Keys are folded from the run's key and the
  number, so nothing random has to be kept.

  Where the gradient has no finite norm, for a NaN, an infinity or a square that
  overflows, the parameters stay as they are, the moments take a gradient of
  zero, and the terms count nothing but the update that was skipped, see
  `counts`.

  Args:
    update: which network moves on which objective.
    transform: its optimizer.
    accumulate: micro-batches per step. The divisors are those of the whole
      batch, so without dropout the result does not depend on this number.
    places: shardings of the parameters and of the optimizer state, which they
      keep; without them the compiler may move them.
  """
  # Two networks that move in the same step must not share their masks.
  salt = zlib.crc32(update.network.encode())

  def step(own, optimizer, others, batch, rng, number, weight):
    rng = jax.random.fold_in(jax.random.fold_in(rng, number), salt)
    grads, terms = _gradient(update, accumulate, own, others, batch, rng)
    # Selecting parameters and moments instead would hold them all twice.
    sound = jnp.isfinite(optax.tree.norm(grads))
    grads = jax.tree.map(lambda g: jnp.where(sound, g, 0), grads)
    changes, optimizer = transform.update(grads, optimizer, own)
    weight = jnp.where(sound, weight, 0)
    changes = jax.tree.map(lambda change: weight * change, changes)
    own = optax.apply_updates(own, changes)
    return own, optimizer, _counted(terms, sound, update.network)

  shardings = None if places is None else (*places, None)
  return jax.jit(step, donate_argnums=(0, 1), out_shardings=shardings)


def counts(name: str) -> str:
  """Returns the network whose skipped updates a term counts; '' if none."""
  return name.removesuffix(_SKIPPED) if name.endswith(_SKIPPED) else ''


def _counted(terms: mean.Terms, sound: jax.Array, network: str) -> mean.Terms:
  """Returns the terms of an update, none of them if it was skipped."""
  nothing = lambda x: jnp.where(sound, x, jnp.zeros_like(x))
  one = jnp.ones(())
  return {
    **jax.tree.map(nothing, terms),
    network + _SKIPPED: mean.Mean(jnp.where(sound, 0.0, one), one),
  }


def _gradient(update, accumulate, own, others, batch, rng):
  """Returns the gradient of the whole batch's objective, and its terms."""
  rngs = jax.random.split(rng, accumulate)
  parts = _micro_batches(batch, accumulate)

  def terms_of(own: Any, part: batch_lib.Batch, key: jax.Array) -> mean.Terms:
    params: method.Params = {**others, update.network: own}
    return update.objective(params, part, key)

  def loss(own, part, key, counts):
    terms = terms_of(own, part, key)
    return mean.objective(terms, counts), terms

  if accumulate == 1:
    part = jax.tree.map(lambda x: x[0], parts)
    grads, terms = jax.grad(loss, has_aux=True)(own, part, rngs[0], None)
    return grads, terms

  # Divisors depend on the batch alone: the compiler drops the rest of this map.
  counts = jax.lax.map(
    lambda part: _counts(terms_of(own, *part)), (parts, rngs)
  )
  counts = jax.tree.map(lambda x: jnp.sum(x, axis=0), counts)

  def accumulate_part(total, part):
    result = jax.grad(loss, has_aux=True)(own, *part, counts)
    return jax.tree.map(jnp.add, total, result), None

  shapes = jax.eval_shape(
    lambda: jax.grad(loss, has_aux=True)(
      own, *jax.tree.map(lambda x: x[0], (parts, rngs)), counts
    )
  )
  zeros = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)
  total, _ = jax.lax.scan(accumulate_part, zeros, (parts, rngs))
  return total


def _counts(terms: mean.Terms) -> dict[str, jax.Array]:
  return {
    name: jnp.asarray(term.count, jnp.float32) for name, term in terms.items()
  }


def _micro_batches(batch: batch_lib.Batch, num: int) -> batch_lib.Batch:
  """Returns the batch with a leading axis of `num` parts.

  Part i takes the rows i, i + num, ...: each device keeps its own rows.
  """
  size = len(batch.weights) // num
  return jax.tree.map(
    lambda x: jnp.swapaxes(x.reshape(size, num, *x.shape[1:]), 0, 1), batch
  )
