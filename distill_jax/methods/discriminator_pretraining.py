"""Pre-training of QCRD's discriminator on corrupted rationales."""

import dataclasses

import jax
import jax.numpy as jnp
from jax import Array

from distill_jax import batch as batch_lib
from distill_jax.critics import corruption as corruption_lib
from distill_jax.losses import mean
from distill_jax.methods import method, qcrd


@dataclasses.dataclass(frozen=True, kw_only=True)
class DiscriminatorPretraining:
  """L_D on the teacher's rationales, balanced by corrupted positives.

  Most of the teacher's samples win the vote, so positives outnumber negatives.
  Each question gets as many corrupted copies of its positives as it lacks
  negatives, and at least `min_corrupted`; they are made afresh in every step.

  Source: arXiv:2405.13014, section 3 (word masking and word replacement).

  Attributes:
    discrimination: the loss and the critic it trains.
    corruption: turns rationales into damaged ones.
    min_corrupted: corrupted positives that every question with a positive gets.
  """

  discrimination: qcrd.Discrimination
  corruption: corruption_lib.Corruption
  min_corrupted: int = 0

  def __call__(
    self, params: method.Params, batch: batch_lib.Batch, rng: Array | None
  ) -> mean.Terms:
    """Returns `critic_loss` over positives and balanced negatives."""
    corruption_rng, dropout_rng = jax.random.split(
      jax.random.key(0) if rng is None else rng
    )
    corrupted = self.corruption(corruption_rng, batch.positives)
    valid = _first_of(
      batch.positive_valid,
      jnp.maximum(
        jnp.sum(batch.positive_valid, 1) - jnp.sum(batch.negative_valid, 1),
        self.min_corrupted,
      ),
    )
    balanced = dataclasses.replace(
      batch,
      negatives=jnp.concatenate([batch.negatives, corrupted], axis=1),
      negative_valid=jnp.concatenate([batch.negative_valid, valid], axis=1),
      rooms=batch.joined('negatives', 'positives'),
    )
    return self.discrimination(
      params, balanced, None if rng is None else dropout_rng
    )


def _first_of(valid: Array, num: Array) -> Array:
  """Returns `valid` with only the first `num` of each row kept."""
  return valid & (jnp.cumsum(valid, axis=1) <= num[:, None])
