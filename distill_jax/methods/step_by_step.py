"""Distilling step-by-step: one student, two prefixes, two losses."""

import dataclasses
from collections.abc import Callable

from jax import Array

from distill_jax import batch as batch_lib
from distill_jax import keys
from distill_jax.losses import mean, sequence
from distill_jax.methods import method
from distill_jax.students import likelihood
from distill_jax.students import student as student_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepByStep:
  """L = label_weight * L_label + rationale_weight * L_rationale.

  The paper writes L_label + lambda * L_rationale, its code alpha * L_label +
  (1 - alpha) * L_rationale with alpha = 0.5. The defaults are the code's; under
  Adam without clipping both forms make the same updates at lambda = 1.

  Source: arXiv:2305.02301, eq. 3.

  Attributes:
    student: the network to train.
    label_weight: weight of the label's loss.
    rationale_weight: weight of the rationale's loss.
    reduction: what the token losses are divided by.
  """

  student: student_lib.Student
  label_weight: float = 0.5
  rationale_weight: float = 0.5
  reduction: Callable[..., mean.Mean] = sequence.token_mean

  def __call__(
    self, params: method.Params, batch: batch_lib.Batch, rng: Array | None
  ) -> mean.Terms:
    """Returns `label_nll` and `rationale_nll`, nats by the reduction."""
    label_rng, rationale_rng = keys.split(rng, 2)
    label = likelihood.target(
      self.student,
      params['student'],
      batch.label_inputs,
      batch.label_targets,
      label_rng,
      likelihood.Rooms(batch.room('label_inputs'), batch.room('label_targets')),
    )
    rationale = likelihood.target(
      self.student,
      params['student'],
      batch.rationale_inputs,
      batch.positives[:, 0],
      rationale_rng,
      likelihood.Rooms(batch.room('rationale_inputs'), batch.room('positives')),
    )
    return {
      'label_nll': self.reduction(
        label.nats, label.weights, batch.weights, weight=self.label_weight
      ),
      'rationale_nll': self.reduction(
        rationale.nats,
        rationale.weights,
        batch.weights * batch.positive_valid[:, 0],
        weight=self.rationale_weight,
      ),
    }
