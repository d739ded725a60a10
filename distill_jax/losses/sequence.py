"""Reductions of per-token negative log-likelihoods.

The papers differ in what they divide by (tokens of the batch, tokens of the
sequence, nothing), so the reduction is an argument of a method.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from distill_jax.losses import mean


def per_sequence(
  nats: Float[Array, '*B T'], tokens: Float[Array, '*B T']
) -> Float[Array, '*B']:
  """Returns the mean nats per token of each sequence; 0 for an empty one.

  Args:
    nats: negative log-likelihood of each target token.
    tokens: 1 for a target token, 0 for padding.
  """
  return jnp.sum(nats * tokens, -1) / jnp.maximum(jnp.sum(tokens, -1), 1.0)


def token_mean(
  nats: Float[Array, 'B T'],
  tokens: Float[Array, 'B T'],
  weights: Float[Array, ' B'],
  weight: float = 1.0,
) -> mean.Mean:
  """Returns the mean over all target tokens of the batch, in nats per token.

  This is the reduction of the code of arXiv:2305.02301 and arXiv:2305.18395.

  Args:
    nats: negative log-likelihood of each target token.
    tokens: 1 for a target token, 0 for padding.
    weights: 1 for an example, 0 for a row that fills the batch.
    weight: the mean's factor in the objective.
  """
  return mean.over(nats, tokens * weights[:, None], weight)


def question_mean(
  nats: Float[Array, 'B T'],
  tokens: Float[Array, 'B T'],
  weights: Float[Array, ' B'],
  weight: float = 1.0,
) -> mean.Mean:
  """Returns the mean over questions of the nats per token of each target."""
  filled = weights * jnp.any(tokens > 0, -1)
  return mean.over(per_sequence(nats, tokens), filled, weight)


def question_sum(
  nats: Float[Array, 'B T'],
  tokens: Float[Array, 'B T'],
  weights: Float[Array, ' B'],
  weight: float = 1.0,
) -> mean.Mean:
  """Returns the mean over questions of the nats of each whole target."""
  filled = weights * jnp.any(tokens > 0, -1)
  return mean.over(jnp.sum(nats * tokens, -1), filled, weight)
