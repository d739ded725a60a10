"""Inputs that hold the teacher's explanation, for an oracle."""

import dataclasses

from distill_jax.text import endings, instruction, prompts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Explained(instruction.Instruction):
  r"""The input of an instruction, with the teacher's first rationale.

  'Question: Where is the bank?\nExplanation: It moved to the river.\nAnswer:'.
  Such a student needs the teacher for good: it says what a perfect explanation
  is worth, the last oracle of arXiv:2305.18395.
  """

  end: str = '\nAnswer:'

  def of(self, record: prompts.Record) -> str:
    """The input of a record, however long.

    Raises:
      ValueError: it has no rationale.
    """
    if not record.rationales:
      raise ValueError(
        f'{record.example_id}: no rationale, expected one of the teacher, which'
        ' Explained puts behind every question; give it in "rationales"'
      )
    reason = endings.strip_answer(record.rationales[0].text)
    asked = super().of(record).removesuffix(self.end)
    return f'{asked}\nExplanation: {reason}{self.end}'
