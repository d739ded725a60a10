r"""How a prompt is laid out, read from a TOML file.

```
system = 'Explain, then answer by {answers}.'  # optional
ask = '{question}'                             # what the user says
reply = '{rationale} So the answer is {answer}.'
between = "\n\n"          # optional: examples and question are then one text
stop = ["\nQ:"]           # optional: ends a reply
examples = 5              # optional: how many are shown at most
```

Names in braces: `{question}` with its choices, `{rationale}`, `{answer}` (a
choice by letter and text), `{letter}` (a choice by its letter, another answer
as it is), `{label}` (the gold answer) and `{answers}` (what an answer looks
like).
"""

import dataclasses
import pathlib
import re

from distill_jax.teachers.prompting import template, toml_file

_KEYS = ('system', 'ask', 'reply', 'between', 'stop', 'examples')
_ANSWER = ('answer', 'letter')
_NAMES = {
  'system': ('answers',),
  'ask': ('question', 'label', 'answers'),
  'reply': ('rationale', *_ANSWER),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Form:
  """A layout.

  Attributes:
    name: the file's, without its ending.
    ask: what the user says of a question.
    reply: what the teacher says then.
    system: what is said first, None for nothing.
    between: joins examples and question into one text of the user; None makes
      every example two turns of the conversation.
    stop: texts that end a reply.
    examples: how many are shown at most where nobody says, None for all.
  """

  name: str
  ask: str
  reply: str
  system: str | None = None
  between: str | None = None
  stop: tuple[str, ...] = ()
  examples: int | None = None

  @property
  def shows_label(self) -> bool:
    """Whether a prompt gives the gold answer away."""
    return 'label' in template.names(self.ask)


def read(path: pathlib.Path) -> Form:
  """The form of a file.

  Raises:
    ValueError: the file is absent, no TOML, or no form; by its name and line.
  """
  file = toml_file.TomlFile(path)
  file.known(_KEYS)
  form = Form(
    name=path.stem,
    system=file.text('system'),
    ask=file.text('ask', needed=True),
    reply=file.text('reply', needed=True),
    between=_between(file),
    stop=file.texts('stop'),
    examples=file.number('examples'),
  )
  for key, known in _NAMES.items():
    _named(file, key, getattr(form, key) or '', known)
  if 'question' not in template.names(form.ask):
    file.fail("'ask' has no {question}, expected it; add it", 'ask')
  _apart(file, form)
  _readable(file, form)
  return form


def _between(file: toml_file.TomlFile) -> str | None:
  """The text under 'between', which may be line breaks alone."""
  found = file.raw('between')
  if found is not None and not (isinstance(found, str) and found):
    file.fail(f"'between' is {found!r}, expected text in quotes", 'between')
  return found


def _apart(file: toml_file.TomlFile, form: Form) -> None:
  """Refuses a question and a reply that become one word in one text."""
  if form.between and not re.search(r'\s', form.ask[-1] + form.reply[0]):
    file.fail(
      "'reply' follows 'ask' at once in one text, expected a space or a line "
      'break between them; begin it with one',
      'reply',
    )


def _named(
  file: toml_file.TomlFile, key: str, text: str, known: tuple[str, ...]
) -> None:
  """Refuses names that have no value there, and those that stand twice."""
  for name in (names := template.names(text)):
    if name not in known:
      offered = ', '.join(f'{{{one}}}' for one in known)
      file.fail(
        f'{key!r} has {{{name}}}, expected one of {offered}', name, key=key
      )
    if names.count(name) > 1:
      file.fail(
        f'{key!r} has {{{name}}} twice, expected it once', name, key=key
      )


def _readable(file: toml_file.TomlFile, form: Form) -> None:
  """Refuses a reply in which the answer cannot be found again."""
  names = template.names(form.reply)
  stated = [name for name in names if name in _ANSWER]
  if not stated and not (form.shows_label and names):
    file.fail(
      "'reply' has no {answer}, expected it, or {label} in 'ask'; add one",
      'reply',
    )
  if len(stated) > 1:
    file.fail("'reply' has {answer} and {letter}, expected one", 'reply')
  if not stated or 'rationale' not in names:
    return
  if names[-1] == 'rationale':
    file.fail("'reply' has {rationale} last, expected it first", 'reply')
  if not re.search(r'\w', template.literals(form.reply)[1]):
    file.fail(
      "'reply' has no word between {rationale} and the answer, expected one "
      "such as 'Answer:', by which the answer is found",
      'reply',
    )
