"""The two halves of QCRD's contrastive loss (arXiv:2405.13014).

Which candidates are in them, and with what share, is decided by one of
`schemes`; the paper's scheme takes one positive and one negative.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


def attraction(
  nll: Float[Array, 'B M'],
  quality: Float[Array, 'B M'],
  shares: Float[Array, 'B M'],
) -> Float[Array, ' B']:
  """Returns sum_j w_j s_j CE(r_j) over positives, in nats.

  Args:
    nll: CE, mean nats per token of each candidate.
    quality: s, the critic's score in [0, 1]; no gradient flows into it.
    shares: w, 0 for what is no positive; no gradient flows into it.

  Source: arXiv:2405.13014, the positive part of the contrastive loss.
  """
  return jnp.sum(jax.lax.stop_gradient(shares * quality) * nll, axis=-1)


def repulsion(
  nll: Float[Array, 'B M'],
  quality: Float[Array, 'B M'],
  shares: Float[Array, 'B M'],
  margin: float | Float[Array, ''],
) -> Float[Array, ' B']:
  """Returns sum_j w_j (1 - s_j) min(CE(r_j) - margin, 0); never positive.

  Subtracting it pushes a negative up to `margin` nats per token and no further.

  Args:
    nll: CE, mean nats per token of each candidate.
    quality: s, the critic's score in [0, 1]; no gradient flows into it.
    shares: w, 0 for what is no negative; no gradient flows into it.
    margin: delta, nats per token.

  Source: arXiv:2405.13014, the negative part of the contrastive loss.
  """
  clipped = jnp.minimum(nll - margin, 0.0)
  return attraction(clipped, 1.0 - quality, shares)


def active(
  nll: Float[Array, 'B M'],
  shares: Float[Array, 'B M'],
  margin: float | Float[Array, ''],
) -> Bool[Array, ' B']:
  """Returns True where the negative term has a gradient.

  That is: one that has a share lies below the margin.
  """
  return jnp.any((shares > 0) & (nll < margin), axis=-1)
