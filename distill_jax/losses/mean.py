"""A mean that is kept as a sum and its divisor.

A mean over a global batch is not the mean of the means of its parts: parts on
other devices, or other micro-batches of an accumulated gradient, hold other
numbers of tokens. Sums add up; so every number a method reports stays a sum and
a divisor until the whole batch is known.
"""

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Mean:
  """A sum over a batch, its divisor, and its weight in the objective.

  Attributes:
    total: the sum.
    count: the divisor: how many tokens or questions were summed. It depends on
      the batch alone, never on parameters.
    weight: factor of this mean in the objective; 0 for a number that is only
      reported.
  """

  total: Float[Array, '']
  count: Float[Array, '']
  weight: float = dataclasses.field(default=0.0, metadata={'static': True})

  def value(self) -> Float[Array, '']:
    """Returns total / count, and 0 where nothing was counted."""
    return self.total / jnp.maximum(self.count, 1.0)


Terms = dict[str, Mean]


def over(
  values: Float[Array, '*shape'],
  weights: Float[Array, '*shape'],
  weight: float = 0.0,
) -> Mean:
  """Returns the mean of `values` weighted by `weights`.

  Args:
    values: any shape; entries of weight 0 must still be finite.
    weights: how often each entry counts, usually 0 or 1.
    weight: the mean's factor in the objective.
  """
  return Mean(jnp.sum(values * weights), jnp.sum(weights), weight)


def objective(
  terms: Terms, counts: Mapping[str, Float[Array, '']] | None = None
) -> Float[Array, '']:
  """Returns the sum over terms of weight * total / count.

  Args:
    terms: what a method returned for a batch or a part of it.
    counts: the divisors by name, those of the whole batch; by default the
      terms' own.
  """
  if counts is None:
    counts = {name: term.count for name, term in terms.items()}
  return sum(
    (
      term.weight * term.total / jnp.maximum(counts[name], 1.0)
      for name, term in terms.items()
      if term.weight
    ),
    start=jnp.zeros(()),
  )
