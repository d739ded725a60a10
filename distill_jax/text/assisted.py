"""Inputs that hold the teacher's rationale."""

import dataclasses

from distill_jax.text import answers as answers_lib
from distill_jax.text import labels as labels_lib
from distill_jax.text import prompts


@dataclasses.dataclass(frozen=True, kw_only=True)
class RationaleAsInput(prompts.Prompts):
  r"""A student reads the question and the teacher's rationale: (x, r) -> y.

  '[label] How many?\nRationale: 84 / 2 = 42.' is an input. The rationale is the
  record's first, without the sentence that states its answer. It is needed
  wherever a label is asked for, so such a student depends on the teacher for
  good. Where an input is too long its end is cut, which is the rationale's.

  Source: the rationale-as-input baseline (PINTO) of arXiv:2305.02301.

  Attributes:
    separator: between question and rationale.
  """

  separator: str = '\nRationale: '

  def described(self, *, rationales: bool) -> str:
    """As `Prompts.described`: it is shown the teacher's rationale."""
    return (
      f'{super().described(rationales=rationales)} For a label it has to be '
      "shown the teacher's rationale too, behind the question and "
      f'`{self.separator.strip()}`.'
    )

  def texts(
    self,
    record: prompts.Record,
    answers: answers_lib.Answers,
    labels: labels_lib.Labels = labels_lib.GOLD,
  ) -> prompts.Texts:
    """As `Prompts.texts`, with the rationale behind the label's input.

    Raises:
      ValueError: also for a record without a rationale.
    """
    texts = super().texts(record, answers, labels)
    if not texts.rationales:
      raise ValueError(
        f'{record.example_id}: no rationale, expected one of the teacher, which'
        ' RationaleAsInput puts behind every question; give it in "rationales"'
      )
    label_input = texts.label_input + self.separator + texts.rationales[0]
    return dataclasses.replace(texts, label_input=label_input)
