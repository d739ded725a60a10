"""Losses that teach the scores of a list of candidates a given relevance."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


def divergence(
  scores: Float[Array, 'B K'],
  relevance: Float[Array, 'B K'],
  valid: Bool[Array, 'B K'],
  tau1: float = 1.0,
  tau2: float = 100.0,
) -> Float[Array, ' B']:
  """Returns KL(Q || P) in nats, the sum over d of Q(d) (log Q(d) - log P(d)).

    Q = softmax(relevance / tau1),  P = softmax(scores / tau2)

  over the valid candidates. A question with fewer than two of them has nothing
  to order: its loss is 0, and so is its gradient.

  Args:
    scores: f, what is trained.
    relevance: rho, such as BM25's scores by the rationale.
    valid: False for an empty slot.
    tau1: temperature of the relevance.
    tau2: temperature of the scores; 100 fits late interaction in 768
      dimensions, smaller rerankers want a smaller one.

  Source: arXiv:2305.18395, section 3.2.
  """
  wanted = _log_softmax(relevance / tau1, valid)
  found = _log_softmax(scores / tau2, valid)
  return jnp.sum(jnp.exp(wanted) * valid * (wanted - found), axis=-1)


def cross_entropy(
  scores: Float[Array, 'B K'],
  relevance: Float[Array, 'B K'],
  valid: Bool[Array, 'B K'],
  tau2: float = 100.0,
) -> Float[Array, ' B']:
  """Returns -log P(d*) in nats, d* the valid candidate of most relevance.

  Of equal ones the first. P and the arguments are those of `divergence`, and so
  is what a question with fewer than two valid candidates gets.

  Source: the default of arXiv:2305.18395's code.
  """
  best = jnp.argmax(jnp.where(valid, relevance, -jnp.inf), axis=-1)
  found = _log_softmax(scores / tau2, valid)
  return -jnp.take_along_axis(found, best[:, None], axis=-1)[:, 0]


def _log_softmax(
  values: Float[Array, 'B K'], valid: Bool[Array, 'B K']
) -> Float[Array, 'B K']:
  """Returns the log-softmax over valid entries; 0 at all others.

  Rows with fewer than two valid entries are 0 throughout.
  """
  some = valid & (jnp.sum(valid, axis=-1, keepdims=True) > 1)
  # Where nothing is counted an infinity would come back as a NaN gradient.
  counted = some | ~jnp.any(some, axis=-1, keepdims=True)
  total = jax.nn.logsumexp(values, axis=-1, where=counted, keepdims=True)
  return jnp.where(some, values - total, 0.0)
