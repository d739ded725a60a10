"""How likely a text is, whichever of some passages it was written from."""

import jax
from jaxtyping import Array, Float


def nats(
  scores: Float[Array, 'B K'], given: Float[Array, 'B K']
) -> Float[Array, ' B']:
  """Returns -log of the sum over d of p(d | x) p(y | x, d).

    p(d | x) = softmax over the K passages of their scores,
    p(y | x, d) = exp(-given)

  A passage of which the text is likelier than of the others gains score.

  Args:
    scores: q(x) . e(d) of each passage.
    given: nats of the whole text beside each passage, summed over its tokens.

  Source: RAG-Sequence, arXiv:2005.11401, section 2.1.
  """
  return -jax.nn.logsumexp(jax.nn.log_softmax(scores) - given, axis=-1)


def posterior(
  scores: Float[Array, 'B K'], given: Float[Array, 'B K']
) -> Float[Array, 'B K']:
  """Returns p(d | x, y): which passage the text was written from.

  The gradient of `nats` in the scores is p(d | x) - p(d | x, y).

  Args:
    scores: as for `nats`.
    given: as for `nats`.
  """
  return jax.nn.softmax(jax.nn.log_softmax(scores) - given)
