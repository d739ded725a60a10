"""Students that are told what to do and shown passages, as in KARD."""

import dataclasses
import string
from collections.abc import Sequence

from distill_jax.text import answers as answers_lib
from distill_jax.text import fitting, instruction, joint, prompts
from distill_jax.text import labels as labels_lib

_REASON = instruction.Instruction()
_ANSWER = instruction.Instruction(end='\nAnswer:')


class _Instructed(prompts.Prompts):
  """Inputs of a form, and choices that are answered by their letters.

  Attributes:
    form: of the input.
    letters: whether a choice is answered by its letter, not by its text.
  """

  form: instruction.Instruction
  letters: bool

  def texts(
    self,
    record: prompts.Record,
    answers: answers_lib.Answers,
    labels: labels_lib.Labels = labels_lib.GOLD,
  ) -> prompts.Texts:
    """As `Prompts.texts`, with the input of this form."""
    texts = super().texts(record, answers, labels)
    asked, target = self.form.of(record), texts.label_target
    if target is not None:
      target = self.worded(target, record.choices)
    return dataclasses.replace(
      texts, label_input=asked, rationale_input=asked, label_target=target
    )

  def worded(self, label: str, choices: Sequence[str] | None) -> str:
    """As `Prompts.worded`: by its letter, if it is a choice."""
    return _letter(label, choices) if self.letters else label

  def fitted(self, texts: prompts.Texts, fits: fitting.Fits) -> prompts.Texts:
    """As `Prompts.fitted`: the end of the form stays."""
    asked = self.form.fitted(texts.label_input, fits)
    return dataclasses.replace(texts, label_input=asked, rationale_input=asked)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reasoning(_Instructed, joint.RationaleThenLabel):
  r"""A student reads an instruction and writes rationale and answer.

  Every rationale of a training question is an example of its own, with the
  passages that were found by it, or by the question where none were searched
  for by rationales:

    Question: Where is the bank? ... Knowledge: ... Explanation:
    It was moved to the river.\nAnswer: (a)

  Source: arXiv:2305.18395, reasoning distillation where `form.passages` is 0,
  KARD where it is not.

  Attributes:
    form: of the input.
    separator: between rationale and answer.
    letters: whether a choice is answered by its letter, not by its text.
  """

  form: instruction.Instruction = _REASON
  separator: str = '\nAnswer: '
  letters: bool = True

  def described(self, *, rationales: bool) -> str:
    """As `Prompts.described`: both come in one text."""
    del rationales
    return _described(self.form) + (
      ' It writes an explanation and gives the answer behind the last '
      f'`{self.separator.strip()}`.'
    )

  def rows(self, record: prompts.Record) -> Sequence[prompts.Record]:
    """A record for each rationale: a#0, a#1, ...; one without stays itself."""
    return [
      dataclasses.replace(
        record,
        example_id=f'{record.example_id}#{number}',
        rationales=(rationale,),
        passages=rationale.passages or record.passages,
      )
      for number, rationale in enumerate(record.rationales)
    ] or (record,)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answering(_Instructed):
  """A student reads an instruction and writes the answer alone.

  Source: arXiv:2305.18395, fine-tuning where `form.passages` is 0,
  knowledge-augmented fine-tuning where it is not.

  Attributes:
    form: of the input.
    letters: whether a choice is answered by its letter, not by its text.
  """

  form: instruction.Instruction = _ANSWER
  letters: bool = True

  def described(self, *, rationales: bool) -> str:
    """As `Prompts.described`: the answer alone."""
    del rationales
    return _described(self.form) + ' It writes the answer.'


def _described(form: instruction.Instruction) -> str:
  shown = f' and up to {form.passages} passages' * bool(form.passages)
  return f'It reads a question{shown} and goes on from `{form.end.strip()}`.'


def _letter(label: str, choices: Sequence[str] | None) -> str:
  """'(b)' for the second of the choices; the label where it is none."""
  if not choices or label not in choices:
    return label
  return f'({string.ascii_lowercase[choices.index(label)]})'
