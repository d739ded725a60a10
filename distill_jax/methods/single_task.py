"""Single-task: rationale and label in one target."""

import dataclasses

from distill_jax.methods import finetune


@dataclasses.dataclass(frozen=True, kw_only=True)
class SingleTask(finetune.Finetune):
  """L = the cross-entropy of the rationale and the label behind it, as one.

  The source's prompts are a `joint.RationaleThenLabel`; with others this is
  fine-tuning. `label_nll` is that of the whole target.

  Source: arXiv:2305.02301, the single-task baseline; with several samples per
  question as rows of their own, reasoning distillation (arXiv:2305.18395).
  """

  learns_rationales = True
