"""KARD's reranker: its scores follow a rationale's relevance."""

import dataclasses
from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from distill_jax import batch as batch_lib
from distill_jax.critics import critic as critic_lib
from distill_jax.losses import listwise, mean
from distill_jax.methods import method


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ranking:
  """A loss over the candidates of each question, mean over questions.

  Questions with fewer than two candidates count for nothing.

  Source: arXiv:2305.18395, section 3.2.

  Attributes:
    critic: the reranker.
    loss: `listwise.divergence` or `listwise.cross_entropy`, with their
      temperatures.
  """

  critic: critic_lib.Critic
  loss: Callable[..., Array] = listwise.divergence

  learns_rationales = False

  def __call__(
    self,
    params: method.Params,
    batch: batch_lib.RankingBatch,
    rng: Array | None,
  ) -> mean.Terms:
    """Returns `ranking_loss`, the whole objective, and `top_share`.

    The latter is how often the candidate of most relevance has the best score;
    where several are best each counts for its part.
    """
    scores = self.critic.logits(params, batch.questions, batch.passages, rng)
    losses = self.loss(scores, batch.relevance, batch.valid)
    counted = batch.weights * (jnp.sum(batch.valid, axis=-1) > 1)
    valid = batch.valid
    best = _top(scores, valid)
    wanted = _top(batch.relevance, valid) > 0
    agree = best * wanted
    return {
      'ranking_loss': mean.over(losses, counted, weight=1.0),
      'top_share': mean.over(jnp.sum(agree, axis=-1), counted),
    }


def _top(
  values: Float[Array, 'B K'], valid: Bool[Array, 'B K']
) -> Float[Array, 'B K']:
  """Returns 1 over their number at the largest valid values, 0 elsewhere."""
  shown = jnp.where(valid, values, -jnp.inf)
  best = valid & (shown == jnp.max(shown, axis=-1, keepdims=True))
  return best / jnp.maximum(jnp.sum(best, axis=-1, keepdims=True), 1)
