"""Inputs that say what to do, what is asked, and what is known."""

import dataclasses

from distill_jax.text import fitting, prompts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Instruction:
  r"""The input of arXiv:2305.18395: task, question, passages, and a last word.

  ```
  The following are questions with answers. Explain, then answer.
  Question: Where is the bank?
  Answer Choices:
  (a) by the river
  (b) in town
  Knowledge: The bank was moved to the river in 1911.
  Explanation:
  ```

  A vocabulary without line breaks has spaces there. Where an input is too long
  its passages lose words, the last ones first, and then the question; the last
  word always stays.

  Attributes:
    task: the line before the question; '' for none.
    passages: k, how many passages are shown at most, the best first; 0 for
      none. A question without any has no such line.
    end: what the student goes on from.
  """

  task: str = ''
  passages: int = 0
  end: str = '\nExplanation:'

  def __post_init__(self):
    if self.passages < 0:
      raise ValueError(
        f'Instruction.passages is {self.passages}, expected 0 or more.'
      )

  def of(self, record: prompts.Record) -> str:
    """The input of a record, however long."""
    known = ' '.join(
      passage.text for passage in record.passages[: self.passages]
    )
    lines = (self.task, f'Question: {prompts.question(record)}')
    asked = '\n'.join(filter(None, lines))
    return asked + (known and self.known(known)) + self.end

  def known(self, text: str) -> str:
    """What stands between question and end, where passages are shown."""
    return f'\nKnowledge: {text}'

  def fitted(self, text: str, fits: fitting.Fits) -> str:
    """An input that keeps its limit, with its end."""
    return fitting.shortened(text.removesuffix(self.end), self.end, fits)
