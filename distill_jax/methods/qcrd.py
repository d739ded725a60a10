"""QCRD: quality-guided contrastive rationale distillation."""

import dataclasses
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from distill_jax import batch as batch_lib
from distill_jax import keys
from distill_jax.critics import critic as critic_lib
from distill_jax.losses import contrastive, mean, schemes, sequence
from distill_jax.methods import method
from distill_jax.methods import quality as quality_lib
from distill_jax.students import likelihood
from distill_jax.students import student as student_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class QCRD:
  """The student's part of QCRD: L = a1 * L_label + a2 * L_cl.

  L_cl = mean_i [ s_pos * min_j CE(r_j^pos)
                  - beta * (1 - s_neg) * max_j min(CE(r_j^neg) - delta, 0) ]

  CE is the mean nats per token of a rationale given its question, s the
  quality of the chosen rationale, without gradient. The mean runs over all
  questions; one without positives adds 0 to it, one without negatives has no
  negative term. The critic's own loss is `Discrimination`. Another scheme than
  `schemes.MinMax` has other choices in place of min and max.

  Source: arXiv:2405.13014, section 3.

  Attributes:
    student: the network to train.
    quality: gives each rationale its s: `quality.Judged` by a critic, or
      `quality.Trusted`.
    scheme: which rationales are learnt from.
    label_weight: a1.
    contrastive_weight: a2.
    negative_weight: beta.
    margin: delta, nats per token.
    reduction: what the label's token losses are divided by.
  """

  student: student_lib.Student
  quality: quality_lib.Quality
  scheme: schemes.Scheme = schemes.MinMax()
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
    label_rng, rationale_rng, scheme_rng = keys.split(rng, 3)
    label = likelihood.target(
      self.student,
      params['student'],
      batch.label_inputs,
      batch.label_targets,
      label_rng,
      likelihood.Rooms(batch.room('label_inputs'), batch.room('label_targets')),
    )
    terms = {
      'label_nll': self.reduction(
        label.nats, label.weights, batch.weights, weight=self.label_weight
      )
    }
    return terms | self._contrast(params, batch, rationale_rng, scheme_rng)

  def _contrast(
    self,
    params: method.Params,
    batch: batch_lib.Batch,
    rng: Array | None,
    scheme_rng: Array | None,
  ) -> mean.Terms:
    """Returns the contrastive loss and the numbers that explain it."""
    num_positives = batch.positives.shape[1]
    texts = jnp.concatenate([batch.positives, batch.negatives], axis=1)
    valid = jnp.concatenate([batch.positive_valid, batch.negative_valid], 1)
    room, chosen_room = self._rooms(batch)
    scored = likelihood.candidates(
      self.student,
      params['student'],
      batch.rationale_inputs,
      texts,
      lambda nll: self._chosen(nll, batch, scheme_rng),
      rng,
      likelihood.Rooms(batch.room('rationale_inputs'), room, chosen_room),
    )
    picked, nll = likelihood.at(valid, scored.chosen), scored.chosen_nats
    positive = scored.chosen < num_positives
    quality = self.quality(
      params,
      batch.questions,
      likelihood.at(texts, scored.chosen),
      positive,
      critic_lib.Rooms(batch.room('questions'), chosen_room),
    )
    good, bad = picked & positive, picked & ~positive
    attraction = contrastive.attraction(
      nll, quality, self.scheme.shares(quality, good)
    )
    # Without a positive a question has no negative term either.
    opposed = bad & jnp.any(batch.positive_valid, axis=1, keepdims=True)
    shares = self.scheme.shares(1.0 - quality, opposed)
    repulsion = contrastive.repulsion(nll, quality, shares, self.margin)
    active = contrastive.active(nll, shares, self.margin)
    loss = attraction - self.negative_weight * repulsion
    nll_pos, nll_neg = jnp.split(scored.nats, [num_positives], axis=1)
    weights = batch.weights
    of_questions = lambda flags: mean.over(flags.astype(loss.dtype), weights)
    return {
      'contrastive': mean.over(loss, weights, self.contrastive_weight),
      'attraction': mean.over(attraction, weights),
      'repulsion': mean.over(repulsion, weights),
      'negative_active': of_questions(active),
      'has_negative': of_questions(jnp.any(batch.negative_valid, axis=1)),
      's_pos': _candidate_mean(quality, good, weights),
      's_neg': _candidate_mean(quality, bad, weights),
      'nll_pos': _candidate_mean(nll_pos, batch.positive_valid, weights),
      'nll_neg': _candidate_mean(nll_neg, batch.negative_valid, weights),
    }

  def _rooms(
    self, batch: batch_lib.Batch
  ) -> tuple[batch_lib.Room | None, batch_lib.Room | None]:
    """Returns the rooms of all candidates, and of those the scheme chooses."""
    every = batch.room('positives', 'negatives')
    longest = batch.room('longest')
    return every, longest if self.scheme.chooses_one else every

  def _chosen(
    self, nll: Array, batch: batch_lib.Batch, rng: Array | None
  ) -> Array:
    """Returns the places of the scheme's positives, then of its negatives."""
    num_positives = batch.positives.shape[1]
    nll_pos, nll_neg = jnp.split(nll, [num_positives], axis=1)
    first, second = keys.split(rng, 2)
    won = self.scheme.positives(nll_pos, batch.positive_valid, first)
    lost = self.scheme.negatives(nll_neg, batch.negative_valid, second)
    return jnp.concatenate([won, num_positives + lost], axis=1)


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
      params,
      batch.questions,
      jnp.concatenate([batch.positives, batch.negatives], axis=1),
      rng,
      critic_lib.Rooms(
        batch.room('questions'), batch.room('positives', 'negatives')
      ),
    )
    positive, negative = jnp.split(logits, [num_positives], axis=1)
    loss = self.loss(
      positive, batch.positive_valid, negative, batch.negative_valid
    )
    both = jnp.any(batch.positive_valid, 1) & jnp.any(batch.negative_valid, 1)
    return {'critic_loss': mean.over(loss, batch.weights * both, weight=1.0)}


def _candidate_mean(values: Array, valid: Array, weights: Array) -> mean.Mean:
  return mean.over(values, valid * weights[:, None])
