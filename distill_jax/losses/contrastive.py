"""The many-to-one contrastive loss of QCRD (arXiv:2405.13014).

Of several positives only one is learnt from, of several negatives only one is
pushed away; which one is decided by the student's own likelihoods in the same
forward pass, without gradient through the decision.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


def smallest(
  values: Float[Array, 'B K'], valid: Bool[Array, 'B K']
) -> Float[Array, 'B K']:
  """Returns a one-hot row at the smallest valid value; zeros if none is valid.

  Ties go to the first. No gradient flows through the choice.
  """
  return largest(-values, valid)


def largest(
  values: Float[Array, 'B K'], valid: Bool[Array, 'B K']
) -> Float[Array, 'B K']:
  """Returns a one-hot row at the largest valid value; zeros if none is valid.

  Ties go to the first. No gradient flows through the choice.
  """
  if not values.shape[-1]:
    return jnp.zeros_like(values)
  best = jnp.argmax(jnp.where(valid, values, -jnp.inf), axis=-1)
  return jax.nn.one_hot(best, values.shape[-1]) * valid


def attraction(
  nll: Float[Array, 'B P'],
  quality: Float[Array, 'B P'],
  valid: Bool[Array, 'B P'],
) -> Float[Array, ' B']:
  """Returns s * min_j CE(r_j): the loss of the likeliest positive, in nats.

  s is the quality of that positive. The gradient reaches one positive of each
  question. 0 where no positive is valid.

  Args:
    nll: CE, mean nats per token of each positive.
    quality: s, the critic's score in [0, 1]; no gradient flows into it.
    valid: False for an empty slot.

  Source: arXiv:2405.13014, the positive part of the contrastive loss.
  """
  chosen = smallest(nll, valid)
  return jnp.sum(chosen * jax.lax.stop_gradient(quality) * nll, axis=-1)


def repulsion(
  nll: Float[Array, 'B N'],
  quality: Float[Array, 'B N'],
  valid: Bool[Array, 'B N'],
  margin: float | Float[Array, ''],
) -> Float[Array, ' B']:
  """Returns (1 - s) * max_j min(CE(r_j) - margin, 0), in nats; never positive.

  Subtracting it pushes the unlikeliest negative up to `margin` nats per token
  and no further: a single negative beyond the margin makes it 0. 0 where no
  negative is valid.

  Args:
    nll: CE, mean nats per token of each negative.
    quality: s, the critic's score in [0, 1]; no gradient flows into it.
    valid: False for an empty slot.
    margin: delta, nats per token.

  Source: arXiv:2405.13014, the negative part of the contrastive loss.
  """
  clipped = jnp.minimum(nll - margin, 0.0)
  chosen = largest(clipped, valid)
  doubt = 1.0 - jax.lax.stop_gradient(quality)
  return jnp.sum(chosen * doubt * clipped, axis=-1)


def active(
  nll: Float[Array, 'B N'],
  valid: Bool[Array, 'B N'],
  margin: float | Float[Array, ''],
) -> Bool[Array, ' B']:
  """Returns True where the negative term has a gradient.

  That is: there is a negative, and all of them lie below the margin.
  """
  below = jnp.where(valid, nll < margin, True)
  return jnp.any(valid, axis=-1) & jnp.all(below, axis=-1)
