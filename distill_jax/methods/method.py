"""What a training step asks of a method."""

from typing import Any, Protocol

from jax import Array

from distill_jax import batch as batch_lib
from distill_jax.losses import mean

Params = dict[str, Any]


class Method(Protocol):
  """An objective over one batch.

  The objective is the weighted sum of the returned means, `mean.objective`;
  means of weight 0 are only logged. Sums and divisors are kept apart so that
  the objective of a batch does not depend on how it was cut into parts.

  A method that shows its student no rationale says so by the attribute
  `learns_rationales = False`; that student is not asked for any.
  """

  def __call__(
    self, params: Params, batch: batch_lib.Batch, rng: Array | None
  ) -> mean.Terms:
    """Returns the means of this batch by name.

    Args:
      params: parameters of each network by name: 'student', 'critic'.
      batch: the arrays of the step.
      rng: key of this step's dropout and corruption; None for no dropout.
    """
    ...
