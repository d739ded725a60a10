"""Which of several rationales QCRD's contrastive loss learns from.

The loss of a question is

  sum_j w_j s_j CE(r_j^pos) - beta * sum_j w_j (1 - s_j) min(CE(r_j^neg) - d, 0)

and a scheme says which r_j are in the sums and what their shares w_j are.
arXiv:2405.13014 names five schemes and prints the formula of `MinMax` alone;
the others are readings of ours. No gradient flows through a choice or a share.
"""

import dataclasses
from typing import ClassVar, Protocol

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int


class Scheme(Protocol):
  """A rule for the positives and one for the negatives of each question.

  Attributes:
    chooses_one: whether it chooses at most one of each kind.
  """

  chooses_one: ClassVar[bool]

  def positives(
    self,
    nll: Float[Array, 'B P'],
    valid: Bool[Array, 'B P'],
    rng: Array | None,
  ) -> Int[Array, 'B M']:
    """Returns the places of the positives to learn from.

    Of a question without a valid one the places of others: nobody counts them.

    Args:
      nll: CE, mean nats per token of each.
      valid: False for an empty slot.
      rng: key of what is drawn; None draws the same every time.
    """

  def negatives(
    self,
    nll: Float[Array, 'B N'],
    valid: Bool[Array, 'B N'],
    rng: Array | None,
  ) -> Int[Array, 'B M']:
    """Returns the places of the negatives, as `positives` does."""

  def shares(
    self, quality: Float[Array, 'B M'], valid: Bool[Array, 'B M']
  ) -> Float[Array, 'B M']:
    """Returns w_j of those in the places; 0 where not valid.

    Args:
      quality: s_j of positives, 1 - s_j of negatives.
      valid: False for an empty slot, and for those of the other kind.
    """


class _One(Scheme):
  """One of each kind, in full."""

  chooses_one = True

  def shares(self, quality, valid):
    """As `Scheme.shares`: 1 for the one."""
    return valid.astype(quality.dtype)


class _All(Scheme):
  """All of each kind."""

  chooses_one = False

  def positives(self, nll, valid, rng):
    """As `Scheme.positives`: every place."""
    del valid, rng
    return jnp.broadcast_to(jnp.arange(nll.shape[1]), nll.shape)

  def negatives(self, nll, valid, rng):
    """As `Scheme.negatives`: every place."""
    return self.positives(nll, valid, rng)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MinMax(_One):
  """The likeliest positive and the unlikeliest negative: the paper's equation.

  Ties go to the first.
  """

  def positives(self, nll, valid, rng):
    """As `Scheme.positives`: argmin CE."""
    return _largest(-nll, valid)

  def negatives(self, nll, valid, rng):
    """As `Scheme.negatives`: argmax CE, and so of min(CE - delta, 0) too."""
    return _largest(nll, valid)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MaxMin(_One):
  """The unlikeliest positive and the likeliest negative.

  Ties go to the first.
  """

  def positives(self, nll, valid, rng):
    """As `Scheme.positives`: argmax CE."""
    return _largest(nll, valid)

  def negatives(self, nll, valid, rng):
    """As `Scheme.negatives`: argmin CE."""
    return _largest(-nll, valid)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sampling(_One):
  """One positive and one negative at random, evenly, afresh in every step."""

  def positives(self, nll, valid, rng):
    """As `Scheme.positives`: a valid one at random."""
    return _largest(_noise(nll, rng), valid)

  def negatives(self, nll, valid, rng):
    """As `Scheme.negatives`: a valid one at random."""
    return self.positives(nll, valid, rng)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mean(_All):
  """All of them alike: w_j = 1 / n, so that the term is mean_j s_j CE_j."""

  def shares(self, quality, valid):
    """As `Scheme.shares`."""
    number = jnp.sum(valid, axis=1, keepdims=True)
    return valid.astype(quality.dtype) / jnp.maximum(number, 1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class WeightedMean(_All):
  """All of them by their quality: the term is sum_j s_j CE_j / sum_j s_j.

  For negatives with 1 - s_j in place of s_j. How good the best of them is has
  no influence, only how they compare.
  """

  def shares(self, quality, valid):
    """As `Scheme.shares`."""
    total = jnp.sum(quality * valid, axis=1, keepdims=True)
    return valid / jnp.maximum(total, _LEAST)


_LEAST = 1e-9  # of a sum of qualities: beneath it their shares fade to nothing


def _largest(
  values: Float[Array, 'B K'], valid: Bool[Array, 'B K']
) -> Int[Array, 'B M']:
  """Returns the place of the largest valid value; M = 0 without slots."""
  if not values.shape[1]:
    return jnp.zeros(values.shape, jnp.int32)
  best = jnp.argmax(jnp.where(valid, values, -jnp.inf), axis=1)
  return best[:, None].astype(jnp.int32)


def _noise(like: Array, rng: Array | None) -> Array:
  return jax.random.uniform(
    jax.random.key(0) if rng is None else rng, like.shape
  )
