"""Prompts of records, and what the replies to them say."""

import dataclasses
import functools
import pathlib
import re
import string

from distill_jax.rationales import record as record_lib
from distill_jax.teachers import form as form_lib
from distill_jax.teachers import reading, solved, template, tokens
from distill_jax.teachers import request as request_lib
from distill_jax.text import answers as answers_lib

_HERE = pathlib.Path(__file__).parent / 'prompts'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Prompting:
  """How a teacher is asked, and how its replies are read.

  Attributes:
    form: the layout: a name of `prompts/forms`, or a TOML file of one's own.
    examples: the solved examples: a task, whose file in `prompts/examples` has
      its name or the beginning of it ('svamp' for 'svamp_asdiv'), or a TOML
      file of one's own; None for those of the task at hand, see `of`.
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
    _ = self._shown

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
    turns = [(self._asked(one), self._reply(one)) for one in self._shown]
    if form.between is not None:
      text = form.between.join(map(''.join, turns))
      asked = form.between * bool(turns) + self._asked(record)
      return *told, _message('user', text + asked)
    for asked, reply in turns:
      told += [_message('user', asked), _message('assistant', reply)]
    return *told, _message('user', self._asked(record))

  def read(self, record: record_lib.Record, text: str) -> reading.Said:
    """What a reply about a record says; the inverse of the form's reply.

    Where the prompt shows the gold answer, that is the answer.
    """
    said = reading.read(self._form, text)
    answer = (
      record.label if self.shows_label else _lettered(record, said.answer)
    )
    return dataclasses.replace(said, answer=answer)

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
    replies = [self._reply(one) for one in self._solved.records]
    if not replies:
      return None
    return round(sum(map(tokens.estimate, replies)) / len(replies))

  @functools.cached_property
  def _form(self) -> form_lib.Form:
    return form_lib.read(_path('forms', self.form))

  @functools.cached_property
  def _solved(self) -> solved.Solved:
    if self.examples is None:
      raise ValueError(
        'Prompting.examples is None and no task is known, expected one of '
        f'{_offered("examples")} or a file of your own'
      )
    return solved.read(_path('examples', self.examples))

  @functools.cached_property
  def _shown(self) -> tuple[record_lib.Record, ...]:
    """The examples of a prompt."""
    found, wanted = self._solved.records, self.num_examples
    if wanted is None:
      return found[: self._form.examples]
    if wanted > len(found):
      raise ValueError(
        f'Prompting.num_examples is {wanted}, expected at most the '
        f'{len(found)} examples of {self._solved.path}; add some or ask for '
        'fewer'
      )
    return found[:wanted]

  def _asked(self, record: record_lib.Record) -> str:
    values = {'question': self._solved.question(record, self.passages)}
    if self.shows_label:
      values['label'] = _answer(record, self._gold(record))
    return self._filled(self._form.ask, values)

  def _reply(self, example: record_lib.Record) -> str:
    answer = example.rationales[0].answer
    worded = _answer(example, answer)
    reply = self._filled(
      self._form.reply,
      {
        'rationale': example.rationales[0].text,
        'answer': worded,
        'letter': worded.split(' ')[0] if example.choices else worded,
      },
    )
    return reply if self._form.between is not None else reply.strip()

  def _filled(self, text: str, values: dict[str, str]) -> str:
    return template.fill(text, {**values, 'answers': self._solved.answers})

  def _gold(self, record: record_lib.Record) -> str:
    if record.label is None:
      raise ValueError(
        f'{record.place or record.example_id}: no label, expected one, for the '
        f'form {self.form!r} shows it; add it or take a form that does not'
      )
    return record.label


def _answer(record: record_lib.Record, answer: str) -> str:
  """The answer as a form shows it: '(b) in town', or itself without choices."""
  if not record.choices:
    return answer
  found = answers_lib.Offered(choices=record.choices).parse(answer)
  if found is None:
    offered = ', '.join(map(repr, record.choices))
    raise ValueError(
      f'{record.place or record.example_id}: label {answer!r}, expected one of '
      f"the choices {offered}; give a choice's text or its letter"
    )
  letter = string.ascii_lowercase[record.choices.index(found)]
  return f'({letter}) {found}'


def _lettered(record: record_lib.Record, answer: str | None) -> str | None:
  """The only letter in an answer that names no choice, else the answer.

  'in the town, (b)' is '(b)', where there are choices.
  """
  if answer is None or not record.choices:
    return answer
  letters = set(re.findall(r'\([a-zA-Z]\)', answer))
  known = answers_lib.Offered(choices=record.choices).valid(answer)
  return answer if known or len(letters) != 1 else letters.pop()


def _path(folder: str, name: str) -> pathlib.Path:
  """The file of a name, or of a path.

  Raises:
    ValueError: there is none.
  """
  if '/' in name or name.endswith('.toml'):
    return pathlib.Path(name).expanduser()
  stem = name.rpartition('.')[2]
  while stem:
    path = _HERE / folder / f'{stem}.toml'
    if path.exists():
      return path
    stem = stem.rpartition('_')[0] if folder == 'examples' else ''
  raise ValueError(
    f'Prompting: there are no {folder} {name!r}, expected one of '
    f'{_offered(folder)}, or a TOML file of your own'
  )


def _offered(folder: str) -> str:
  return ', '.join(sorted(path.stem for path in (_HERE / folder).iterdir()))


def _message(role: str, content: str) -> request_lib.Message:
  return request_lib.Message(role=role, content=content)
