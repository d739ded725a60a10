"""Fine-tuning: the student learns the label alone."""

import dataclasses
from collections.abc import Callable

from jax import Array

from distill_jax import batch as batch_lib
from distill_jax.losses import mean, sequence
from distill_jax.methods import method
from distill_jax.students import likelihood
from distill_jax.students import student as student_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finetune:
  """L = L_label, the cross-entropy of the label given the question.

  With gold labels this is standard fine-tuning, with the teacher's labels
  standard distillation (arXiv:2305.02301, section 4).

  Attributes:
    student: the network to train.
    reduction: what the token losses are divided by.
  """

  student: student_lib.Student
  reduction: Callable[..., mean.Mean] = sequence.token_mean

  learns_rationales = False

  def __call__(
    self, params: method.Params, batch: batch_lib.Batch, rng: Array | None
  ) -> mean.Terms:
    """Returns `label_nll`, the whole objective."""
    label = likelihood.target(
      self.student,
      params['student'],
      batch.label_inputs,
      batch.label_targets,
      rng,
      likelihood.Rooms(batch.room('label_inputs'), batch.room('label_targets')),
    )
    return {
      'label_nll': self.reduction(
        label.nats, label.weights, batch.weights, weight=1.0
      )
    }
