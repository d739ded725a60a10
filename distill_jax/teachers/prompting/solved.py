"""Solved examples that stand before a question, read from a TOML file.

```
answers = 'an equation such as (7 - 3)'   # what an answer looks like

[[example]]
question = 'Ida has 7 pens and loses 3. How many are left?'
rationale = 'Ida had 7 pens. She lost 3 of them, so 7 - 3 = 4 are left.'
answer = '(7 - 3)'
```

An example may have `choices`, of which its answer is one, and `passages`. Where
questions consist of parts, `separator` says what stands between them and
`parts` what they are called: 'A dog runs.</s>A cat runs.' is shown as
'Premise: A dog runs.' and, in the next line, 'Hypothesis: A cat runs.'
"""

import dataclasses
import pathlib
from typing import Any

from distill_jax.rationales import record as record_lib
from distill_jax.teachers.prompting import toml_file
from distill_jax.text import answers as answers_lib
from distill_jax.text import prompts

_KEYS = ('answers', 'separator', 'parts', 'example')
_NEEDED = ('question', 'rationale', 'answer')
_LISTS = ('choices', 'passages')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Solved:
  """The examples of a data set.

  Attributes:
    path: of their file.
    answers: what an answer looks like, for the words that ask for it.
    records: one each, with its answer as label and one rationale.
    separator: between the parts of a question, None where it has none.
    parts: what they are called.
  """

  path: pathlib.Path
  answers: str
  records: tuple[record_lib.Record, ...]
  separator: str | None = None
  parts: tuple[str, ...] = ()

  def question(self, record: record_lib.Record, passages: int = 0) -> str:
    """The question as it is shown: its parts, its choices, what is known.

    Args:
      record: it may be one of another file.
      passages: how many of its passages are shown at most.

    Raises:
      ValueError: it has not as many parts as have names.
    """
    asked = dataclasses.replace(record, question=self._parted(record))
    known = ' '.join(one.text for one in record.passages[:passages])
    shown = prompts.question(asked)
    return f'{shown}\nKnowledge: {known}' if known else shown

  def _parted(self, record: record_lib.Record) -> str:
    if not self.separator:
      return record.question
    found = record.question.split(self.separator)
    if len(found) != len(self.parts):
      raise ValueError(
        f'{record.place or record.example_id}: the question has {len(found)} '
        f'parts between {self.separator!r}, expected {len(self.parts)} '
        f'({", ".join(self.parts)}) as {self.path.name} says; correct one'
      )
    return '\n'.join(
      f'{name}: {part.strip()}' for name, part in zip(self.parts, found)
    )


def read(path: pathlib.Path) -> Solved:
  """The examples of a file.

  Raises:
    ValueError: the file is absent, no TOML, or says something wrong; by its
      name and line.
  """
  file = toml_file.TomlFile(path)
  file.known(_KEYS)
  separator, parts = file.text('separator'), file.texts('parts')
  if bool(separator) != bool(parts):
    file.fail(
      "'separator' and 'parts' belong together, expected both or none",
      'separator' if separator else 'parts',
    )
  solved = Solved(
    path=path,
    answers=file.text('answers', needed=True),
    separator=separator,
    parts=parts,
    records=tuple(
      _record(file, number, data)
      for number, data in enumerate(file.tables('example'))
    ),
  )
  for number, record in enumerate(solved.records):
    try:
      solved.question(record)
    except ValueError as error:
      _wrong(file, number, str(error).partition(': ')[2])
  return solved


def _record(
  file: toml_file.TomlFile, number: int, data: dict[str, Any]
) -> record_lib.Record:
  """An example as a record, checked."""
  for key in data:
    if key not in (*_NEEDED, *_LISTS):
      expected = ', '.join((*_NEEDED, *_LISTS))
      _wrong(file, number, f'unknown key {key!r}, expected {expected}')
  for key in _NEEDED:
    if not isinstance(data.get(key), str) or not data[key].strip():
      _wrong(file, number, f'{key!r} is {data.get(key)!r}, expected text')
  for key in _LISTS:
    if not toml_file.is_texts(data.get(key, [])):
      _wrong(
        file, number, f'{key!r} is {data[key]!r}, expected a list of texts'
      )
  choices = tuple(data.get('choices', ())) or None
  answer = data['answer'].strip()
  if choices and not answers_lib.Offered(choices=choices).valid(answer):
    _wrong(file, number, f"'answer' is {answer!r}, expected one of its choices")
  passages = (
    record_lib.Passage(id=f'{key}', text=text)
    for key, text in enumerate(data.get('passages', ()))
  )
  return record_lib.Record(
    example_id=f'{file.path.stem}#{number}',
    question=data['question'].strip(),
    label=answer,
    choices=choices,
    passages=tuple(passages),
    rationales=(
      record_lib.Rationale(text=data['rationale'].strip(), answer=answer),
    ),
  )


def _wrong(file: toml_file.TomlFile, number: int, said: str) -> None:
  file.fail(f'example {number + 1}: {said}', '[[example]]', number)
