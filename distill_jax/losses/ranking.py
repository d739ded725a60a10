"""Losses that teach a critic to score positives above negatives."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


def _logsumexp(
  scores: Float[Array, 'B K'], valid: Bool[Array, 'B K']
) -> Float[Array, ' B']:
  """Returns log sum exp over valid entries; 0 where none is valid."""
  some = jnp.any(valid, axis=-1, keepdims=True)
  found = jax.nn.logsumexp(scores, axis=-1, where=valid | ~some)
  # Without any slot it is -inf, which a question's weight of 0 cannot remove.
  return jnp.where(some[..., 0], found, 0.0)


def exponential_ratio(
  positive: Float[Array, 'B P'],
  positive_valid: Bool[Array, 'B P'],
  negative: Float[Array, 'B N'],
  negative_valid: Bool[Array, 'B N'],
) -> Float[Array, ' B']:
  """Returns -log(sum_j exp(s_j^pos) / sum_j exp(s_j^neg)) with s = sigmoid(x).

  The denominator holds the negatives alone, so the loss has a floor only since
  s lies in [0, 1]: -1 - log(P / N).

  Args:
    positive: x, the critic's logits of the positives.
    positive_valid: False for an empty slot.
    negative: x, the critic's logits of the negatives.
    negative_valid: False for an empty slot.

  Source: arXiv:2405.13014, the discriminator's loss.
  """
  attract = _logsumexp(jax.nn.sigmoid(positive), positive_valid)
  return _logsumexp(jax.nn.sigmoid(negative), negative_valid) - attract


def binary_cross_entropy(
  positive: Float[Array, 'B P'],
  positive_valid: Bool[Array, 'B P'],
  negative: Float[Array, 'B N'],
  negative_valid: Bool[Array, 'B N'],
) -> Float[Array, ' B']:
  """Returns mean_j -log s_j^pos + mean_j -log(1 - s_j^neg), in nats.

  Both kinds weigh the same however many there are of each. Its gradient does
  not fade where s is near 0 or 1. Arguments as in `exponential_ratio`.
  """

  def mean(values: Array, valid: Array) -> Array:
    return jnp.sum(values * valid, -1) / jnp.maximum(jnp.sum(valid, -1), 1)

  attract = mean(jax.nn.softplus(-positive), positive_valid)
  return attract + mean(jax.nn.softplus(negative), negative_valid)
