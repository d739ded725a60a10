"""KARD's reranker: its scores follow a rationale's relevance."""

import dataclasses
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

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

    The latter is how often the candidate of most relevance has the best score.
    """
    scores = self.critic.logits(params, batch.questions, batch.passages, rng)
    losses = self.loss(scores, batch.relevance, batch.valid)
    counted = batch.weights * (jnp.sum(batch.valid, axis=-1) > 1)
    hide = lambda values: jnp.where(batch.valid, values, -jnp.inf)
    agree = jnp.argmax(hide(scores), -1) == jnp.argmax(
      hide(batch.relevance), -1
    )
    return {
      'ranking_loss': mean.over(losses, counted, weight=1.0),
      'top_share': mean.over(agree.astype(jnp.float32), counted),
    }
