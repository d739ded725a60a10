"""One target that holds rationale and label."""

import dataclasses
from typing import ClassVar

from distill_jax.text import answers as answers_lib
from distill_jax.text import fitting, prompts
from distill_jax.text import labels as labels_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class RationaleThenLabel(prompts.Prompts):
  r"""A student writes its rationale first, then the label, in one text.

  With the rationale '84 / 2 = 42.' and the label '( 84 / 2 )' it learns to
  write '84 / 2 = 42. Answer: ( 84 / 2 )'. The rationale is the record's first,
  unvoted; where there is none the target is 'Answer: ( 84 / 2 )'. What a
  student writes is read back: its label is what follows the last separator, and
  a text without any has no label.

  There is one task, so both inputs have the prefix `label`.

  Source: the single-task baseline of arXiv:2305.02301. arXiv:2305.18395 has
  separator='\nAnswer: '.

  Attributes:
    separator: between rationale and label. Spaces around it do not count when a
      text is read, for a vocabulary may write them otherwise.
  """

  label_alone: ClassVar[bool] = False
  separator: str = ' Answer: '

  def __post_init__(self):
    """Refuses a separator that could not be found again."""
    super().__post_init__()
    if not self.separator.strip():
      raise ValueError(
        f'RationaleThenLabel.separator is {self.separator!r}, expected some '
        "words such as ' Answer: ', by which the label is found"
      )

  def described(self, *, rationales: bool) -> str:
    """As `Prompts.described`: both come in one text."""
    del rationales
    return (
      f'It explains a question behind the prefix `{self.label}` and gives the '
      f'label behind the last `{self.separator.strip()}` of what it writes.'
    )

  def texts(
    self,
    record: prompts.Record,
    answers: answers_lib.Answers,
    labels: labels_lib.Labels = labels_lib.GOLD,
  ) -> prompts.Texts:
    """As `Prompts.texts`, with the same input for rationale and label."""
    texts = super().texts(record, answers, labels)
    return dataclasses.replace(texts, rationale_input=texts.label_input)

  def target(self, texts: prompts.Texts, fits: fitting.Fits) -> str:
    """As `Prompts.target`: where it does not fit, words of the rationale go.

    From its end on, for the label must stay; the separator and the label go
    last.
    """
    rationale = texts.rationales[0] if texts.rationales else ''
    end = self.separator + texts.label_target
    return fitting.shortened(rationale, end, fits).lstrip()

  def label_in(self, written: str) -> str:
    """As `Prompts.label_in`: what follows the last separator, or ''."""
    _, found, label = written.rpartition(self.separator.strip())
    return label.strip() if found else ''

  def rationale_in(self, written: str) -> str:
    """As `Prompts.rationale_in`: what stands before the last separator."""
    rationale, found, _ = written.rpartition(self.separator.strip())
    return (rationale if found else written).strip()
