"""QCRD: quality-guided contrastive rationale distillation."""

import dataclasses
import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from distill_jax import batch as batch_lib
from distill_jax import keys
from distill_jax.critics import critic as critic_lib
from distill_jax.losses import contrastive, mean, sequence
from distill_jax.methods import method
from distill_jax.students import likelihood
from distill_jax.students import student as student_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class QCRD:
  """The student's part of QCRD: L = a1 * L_label + a2 * L_cl.

  L_cl = mean_i [ s_pos * min_j CE(r_j^pos)
                  - beta * (1 - s_neg) * max_j min(CE(r_j^neg) - delta, 0) ]

  CE is the mean nats per token of a rationale given its question, s the
  critic's score of the chosen rationale, taken without dropout and without
  gradient. The mean runs over all questions; one without positives adds 0 to
  it, one without negatives has no negative term. The critic's own loss is
  `Discrimination`.

  Source: arXiv:2405.13014, section 3. The negatives' choice is its MinMax
  scheme.

  Attributes:
    student: the network to train.
    critic: gives each rationale its quality.
    label_weight: a1.
    contrastive_weight: a2.
    negative_weight: beta.
    margin: delta, nats per token.
    reduction: what the label's token losses are divided by.
  """

  student: student_lib.Student
  critic: critic_lib.Critic
  label_weight: float = 0.5
  contrastive_weight: float = 0.5
  negative_weight: float = 0.2
  margin: float = 3.0
  reduction: Callable[..., mean.Mean] = sequence.token_mean

  def __call__(
    self, params: method.Params, batch: batch_lib.Batch, rng: Array | None
  ) -> mean.Terms:
    """Returns both losses and what explains them.

    `negative_active` is the share of questions whose negative term has a
    gradient; `s_*` are means over the candidates the loss picks, `nll_*` over
    all valid ones.
    """
    label_rng, rationale_rng = keys.split(rng, 2)
    label = likelihood.target(
      self.student,
      params['student'],
      batch.label_inputs,
      batch.label_targets,
      label_rng,
    )
    terms = {
      'label_nll': self.reduction(
        label.nats, label.weights, batch.weights, weight=self.label_weight
      )
    }
    return terms | self._contrast(params, batch, rationale_rng)

  def _contrast(
    self, params: method.Params, batch: batch_lib.Batch, rng: Array | None
  ) -> mean.Terms:
    """Returns the contrastive loss and the numbers that explain it."""
    num_positives = batch.positives.shape[1]
    valid_pos, valid_neg = batch.positive_valid, batch.negative_valid
    texts = jnp.concatenate([batch.positives, batch.negatives], axis=1)
    valid = jnp.concatenate([valid_pos, valid_neg], axis=1)
    scored = likelihood.candidates(
      self.student,
      params['student'],
      batch.rationale_inputs,
      texts,
      functools.partial(_chosen, valid, num_positives),
      rng,
    )
    # One positive and, where there is a slot, one negative: all the loss needs.
    quality = jax.nn.sigmoid(
      self.critic.logits(
        params['critic'], batch.questions, likelihood.at(texts, scored.chosen)
      )
    )
    picked = likelihood.at(valid, scored.chosen)
    attraction = contrastive.attraction(
      scored.chosen_nats[:, :1], quality[:, :1], picked[:, :1]
    )
    repulsion = contrastive.repulsion(
      scored.chosen_nats[:, 1:], quality[:, 1:], picked[:, 1:], self.margin
    )
    # Without a positive a question has no negative term either.
    has_positive = jnp.any(valid_pos, axis=1)
    repulsion = repulsion * has_positive
    loss = attraction - self.negative_weight * repulsion
    nll_pos, nll_neg = jnp.split(scored.nats, [num_positives], axis=1)
    active = contrastive.active(nll_neg, valid_neg, self.margin) & has_positive
    share = lambda flags: mean.over(flags.astype(loss.dtype), batch.weights)
    return {
      'contrastive': mean.over(loss, batch.weights, self.contrastive_weight),
      'attraction': mean.over(attraction, batch.weights),
      'repulsion': mean.over(repulsion, batch.weights),
      'negative_active': share(active),
      'has_negative': share(jnp.any(valid_neg, axis=1)),
      's_pos': _candidate_mean(quality[:, :1], picked[:, :1], batch.weights),
      's_neg': _candidate_mean(quality[:, 1:], picked[:, 1:], batch.weights),
      'nll_pos': _candidate_mean(nll_pos, valid_pos, batch.weights),
      'nll_neg': _candidate_mean(nll_neg, valid_neg, batch.weights),
    }


@dataclasses.dataclass(frozen=True, kw_only=True)
class Discrimination:
  """The critic's part of QCRD: L_D, the mean over questions of `loss`.

  A question without a positive or without a negative is left out of the mean.
  The weight a3 and its decay act on the update, not on the loss: Adam would
  undo a factor on a loss that has its parameters to itself.

  Source: arXiv:2405.13014, the discriminator's loss.

  Attributes:
    critic: the network to train.
    loss: `ranking.exponential_ratio` (the paper's) or
      `ranking.binary_cross_entropy`.
  """

  critic: critic_lib.Critic
  loss: Callable[..., Array]

  def __call__(
    self, params: method.Params, batch: batch_lib.Batch, rng: Array | None
  ) -> mean.Terms:
    """Returns `critic_loss`, the whole objective."""
    num_positives = batch.positives.shape[1]
    logits = self.critic.logits(
      params['critic'],
      batch.questions,
      jnp.concatenate([batch.positives, batch.negatives], axis=1),
      rng,
    )
    positive, negative = jnp.split(logits, [num_positives], axis=1)
    loss = self.loss(
      positive, batch.positive_valid, negative, batch.negative_valid
    )
    both = jnp.any(batch.positive_valid, 1) & jnp.any(batch.negative_valid, 1)
    return {'critic_loss': mean.over(loss, batch.weights * both, weight=1.0)}


def _chosen(valid: Array, num_positives: int, nll: Array) -> Array:
  """Returns the places of the likeliest positive and unlikeliest negative."""
  nll_pos, nll_neg = jnp.split(nll, [num_positives], axis=1)
  valid_pos, valid_neg = jnp.split(valid, [num_positives], axis=1)
  places = [jnp.argmax(contrastive.smallest(nll_pos, valid_pos), axis=1)]
  if nll_neg.shape[1]:
    unlikeliest = contrastive.largest(nll_neg, valid_neg)
    places.append(num_positives + jnp.argmax(unlikeliest, axis=1))
  return jnp.stack(places, axis=1)


def _candidate_mean(values: Array, valid: Array, weights: Array) -> mean.Mean:
  return mean.over(values, valid * weights[:, None])
