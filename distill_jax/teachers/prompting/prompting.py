"""Prompts of records, and what the replies to them say."""

import dataclasses
import functools

from distill_jax.rationales import record as record_lib
from distill_jax.teachers import request as request_lib
from distill_jax.teachers import tokens
from distill_jax.teachers.prompting import form as form_lib
from distill_jax.teachers.prompting import (
  prompt_files,
  reading,
  template,
  worded,
)
from distill_jax.teachers.prompting import solved as solved_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Prompting:
  """How a teacher is asked, and how its replies are read.

  Attributes:
    form: the layout: a name of `prompting/forms`, or a TOML file of one's own.
    examples: the solved examples: a task, whose file in `prompting/examples`
      has its name or the beginning of it ('svamp' for 'svamp_asdiv'), or a
      TOML file of one's own; None for those of the task at hand, see `of`.
    num_examples: how many of them are shown, the first ones; None as the form
      says.
    passages: how many passages of a record are shown behind its question, as
      far as it has them.
  """

  form: str = 'qcrd'
  examples: str | None = None
  num_examples: int | None = None
  passages: int = 0

  def __post_init__(self):
    for name in ('num_examples', 'passages'):
      if (getattr(self, name) or 0) < 0:
        raise ValueError(
          f'Prompting.{name} is {getattr(self, name)}, expected 0 or more.'
        )

  def of(self, task: str) -> 'Prompting':
    """The same with the examples of a task, unless others are named."""
    return self if self.examples else dataclasses.replace(self, examples=task)

  def check(self) -> None:
    """Reads form and examples.

    Raises:
      ValueError: one is absent or wrong, or there are too few examples.
    """
    _ = self._turns

  def messages(
    self, record: record_lib.Record
  ) -> tuple[request_lib.Message, ...]:
    """The prompt that asks about a record.

    Raises:
      ValueError: as `check`; or the form shows the gold answer and the record
        has none, or none of its choices.
    """
    form = self._form
    told = []
    if form.system:
      told.append(_message('system', self._filled(form.system, {})))
    last = self._asked(record)
    if form.between is not None:
      text = form.between.join([*map(''.join, self._turns), last])
      return *told, _message('user', text)
    for asked, reply in self._turns:
      told += [_message('user', asked), _message('assistant', reply)]
    return *told, _message('user', last)

  def read(self, record: record_lib.Record, text: str) -> reading.Said:
    """What a reply about a record says; the inverse of the form's reply.

    Where the prompt shows the gold answer, that is the answer.
    """
    said = reading.read(self._form, text)
    answer = worded.meant(record, said.answer)
    return dataclasses.replace(
      said, answer=record.label if self.shows_label else answer
    )

  def reply(self, example: record_lib.Record) -> str:
    """What the teacher is shown as its reply to an example."""
    answer = example.rationales[0].answer
    stated = worded.answer(example, answer)
    reply = self._filled(
      self._form.reply,
      {
        'rationale': example.rationales[0].text,
        'answer': stated,
        'letter': stated.split(' ')[0] if example.choices else stated,
      },
    )
    return reply if self._form.between is not None else reply.strip()

  @property
  def stop(self) -> tuple[str, ...]:
    """Texts that end a reply."""
    return self._form.stop

  @property
  def shows_label(self) -> bool:
    """Whether a prompt gives the gold answer away."""
    return self._form.shows_label

  @property
  def expected_tokens(self) -> int | None:
    """Tokens of a reply, as the examples have them; None without examples."""
    replies = [self.reply(one) for one in self.solved.records]
    if not replies:
      return None
    return round(sum(map(tokens.estimate, replies)) / len(replies))

  @functools.cached_property
  def solved(self) -> solved_lib.Solved:
    """The examples, all of them.

    Raises:
      ValueError: as `check`.
    """
    if self.examples is None:
      raise ValueError(
        'Prompting.examples is None and no task is known, expected one of '
        f'{prompt_files.offered("examples")} or a file of your own'
      )
    return solved_lib.read(prompt_files.path('examples', self.examples))

  @functools.cached_property
  def _form(self) -> form_lib.Form:
    return form_lib.read(prompt_files.path('forms', self.form))

  @functools.cached_property
  def _shown(self) -> tuple[record_lib.Record, ...]:
    """The examples of a prompt."""
    found, wanted = self.solved.records, self.num_examples
    if wanted is None:
      return found[: self._form.examples]
    if wanted > len(found):
      raise ValueError(
        f'Prompting.num_examples is {wanted}, expected at most the '
        f'{len(found)} examples of {self.solved.path}; add some or ask for '
        'fewer'
      )
    return found[:wanted]

  @functools.cached_property
  def _turns(self) -> list[tuple[str, str]]:
    """What is asked and replied in the examples of a prompt."""
    return [(self._asked(one), self.reply(one)) for one in self._shown]

  def _asked(self, record: record_lib.Record) -> str:
    values = {'question': self.solved.question(record, self.passages)}
    if self.shows_label:
      values['label'] = worded.answer(record, self._gold(record))
    return self._filled(self._form.ask, values)

  def _filled(self, text: str, values: dict[str, str]) -> str:
    return template.fill(text, {**values, 'answers': self.solved.answers})

  def _gold(self, record: record_lib.Record) -> str:
    if record.label is None:
      raise ValueError(
        f'{record.place or record.example_id}: no label, expected one, for the '
        f'form {self.form!r} shows it; add it or take a form that does not'
      )
    return record.label


def _message(role: str, content: str) -> request_lib.Message:
  return request_lib.Message(role=role, content=content)
