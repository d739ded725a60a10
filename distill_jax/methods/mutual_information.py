"""MI: step-by-step, and what label and rationale say of each other."""

import dataclasses
from collections.abc import Callable

from jax import Array

from distill_jax import batch as batch_lib
from distill_jax import keys
from distill_jax.losses import agreement, mean, sequence
from distill_jax.methods import method
from distill_jax.students import likelihood
from distill_jax.students import student as student_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class MutualInformation:
  """L = alpha * L_label + (1 - alpha) * L_rationale + gamma * L_MI.

  L_MI is the mean over the questions with a rationale; it moves the student by
  the rationale's predictions alone, towards those for the label.

  Source: arXiv:2403.03348; alpha = 0.5 and gamma = 0.1 are those of its code.

  Attributes:
    student: the network to train.
    loss: `agreement.released` or `agreement.corrected`.
    label_weight: alpha.
    rationale_weight: 1 - alpha.
    agreement_weight: gamma.
    reduction: what the token losses are divided by.
  """

  student: student_lib.Student
  loss: Callable[..., Array] = agreement.released
  label_weight: float = 0.5
  rationale_weight: float = 0.5
  agreement_weight: float = 0.1
  reduction: Callable[..., mean.Mean] = sequence.token_mean

  def __call__(
    self, params: method.Params, batch: batch_lib.Batch, rng: Array | None
  ) -> mean.Terms:
    """Returns `label_nll`, `rationale_nll` and `agreement`, in nats."""
    label_rng, rationale_rng = keys.split(rng, 2)
    label, label_logits = likelihood.predicted(
      self.student,
      params['student'],
      batch.label_inputs,
      batch.label_targets,
      label_rng,
    )
    rationale, rationale_logits = likelihood.predicted(
      self.student,
      params['student'],
      batch.rationale_inputs,
      batch.positives[:, 0],
      rationale_rng,
    )
    weights = batch.weights * batch.positive_valid[:, 0]
    found = self.loss(
      label_logits, label.weights > 0, rationale_logits, rationale.weights > 0
    )
    return {
      'label_nll': self.reduction(
        label.nats, label.weights, batch.weights, weight=self.label_weight
      ),
      'rationale_nll': self.reduction(
        rationale.nats, rationale.weights, weights, weight=self.rationale_weight
      ),
      'agreement': mean.over(found, weights, self.agreement_weight),
    }
