"""Heads on top of an encoder."""

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Bool, Float

from distill_jax.models import layers


class MaxPoolScore(nn.Module):
  """A score per sequence: max over tokens, then two linear layers.

  Attributes:
    hidden_dim: width between the two linear layers.
  """

  hidden_dim: int

  @nn.compact
  def __call__(
    self, hidden: Float[Array, 'B S D'], mask: Bool[Array, 'B S']
  ) -> Float[Array, ' B']:
    """Returns an unbounded score in float32; 0 for a row without tokens.

    Args:
      hidden: the encoder's output.
      mask: False at padding, which the maximum leaves out.
    """
    pooled = jnp.max(
      jnp.where(mask[..., None], hidden.astype(jnp.float32), -jnp.inf), axis=1
    )
    # A maximum over nothing is -inf, which must not meet the product below.
    pooled = jnp.where(jnp.any(mask, axis=1)[:, None], pooled, 0.0)
    inner = layers.Dense(
      self.hidden_dim, ('embed', 'mlp'), jnp.float32, name='inner'
    )(pooled)
    score = layers.Dense(1, ('mlp', 'score'), jnp.float32, name='outer')(
      jax.nn.relu(inner)
    )
    return score[..., 0]
