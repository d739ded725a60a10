"""One example: a question, its label, and what a teacher wrote about it.

As JSON, which is also the format to bring one's own data in:

```
{"example_id": "shop/1", "question": "Two pens at 3 dollars each: how much?",
 "label": "( 2 * 3 )", "choices": null, "passages": [],
 "rationales": [{"text": "2 pens cost 2 * 3 = 6. The answer is 6.",
                 "answer": "6", "source": "gpt-4", "temperature": 0.7,
                 "sample": 0, "passages": []}]}
```

Only `question`, and `text` of a rationale, must be there. Unknown keys are
kept in `extra` and written back. A label may be a choice's text or its letter.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from distill_jax.rationales import fields as fields_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Passage:
  """A retrieved text.

  Attributes:
    id: its name in the corpus.
    text: its words.
    score: what the retriever gave it; larger is better.
    extra: unknown keys.
  """

  id: str
  text: str
  score: float | None = None
  extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rationale:
  """One sample of a teacher.

  Attributes:
    text: the completion, its answer sentence included.
    answer: the answer it gives, where it is known apart from the text.
    source: the teacher's name.
    temperature: sampling temperature.
    sample: its number among the samples of the question.
    passages: retrieved by this rationale.
    extra: unknown keys.
  """

  text: str
  answer: str | None = None
  source: str | None = None
  temperature: float | None = None
  sample: int | None = None
  passages: tuple[Passage, ...] = ()
  extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
  """One example.

  Attributes:
    example_id: its name, unique in a file.
    question: what is asked.
    label: the gold label; None where there is none.
    choices: what to choose from; None where the question is open.
    passages: retrieved by the question.
    rationales: samples of teachers, in their order.
    extra: unknown keys.
    place: file and line that it was read from, '' where there is none; it is
      for messages, and neither written nor compared.
  """

  example_id: str
  question: str
  label: str | None = None
  choices: tuple[str, ...] | None = None
  passages: tuple[Passage, ...] = ()
  rationales: tuple[Rationale, ...] = ()
  extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  place: str = dataclasses.field(default='', compare=False)


def from_json(data: Any, example_id: str = '', place: str = '') -> Record:
  """The record of a decoded JSON object.

  Args:
    data: the object.
    example_id: its name where it has none itself.
    place: where it was read, as `Record.place`.

  Raises:
    ValueError: a needed key is missing or a value has the wrong type; the
      sentence names the key, what it got, and what was expected.
  """
  fields = fields_lib.Fields(
    data,
    what='record',
    example='{"question": "Two pens at 3 dollars each: how much?"}',
  )
  return Record(
    example_id=fields.text('example_id') or example_id,
    question=fields.words('question'),
    label=fields.text('label'),
    choices=fields.items('choices', _choice),
    passages=fields.items('passages', _passage) or (),
    rationales=fields.items('rationales', _rationale) or (),
    extra=fields.rest(),
    place=place,
  )


def to_json(record: Record) -> dict[str, Any]:
  """The JSON object of a record; `from_json` gives the record back."""
  return {
    **_plain(record, ('example_id', 'question', 'label')),
    'choices': None if record.choices is None else list(record.choices),
    'passages': [_passage_json(passage) for passage in record.passages],
    'rationales': [
      {
        **_plain(item, ('text', 'answer', 'source', 'temperature', 'sample')),
        'passages': [_passage_json(passage) for passage in item.passages],
        **item.extra,
      }
      for item in record.rationales
    ],
    **record.extra,
  }


def _choice(data: Any) -> str:
  if not isinstance(data, str):
    raise ValueError(f'got {fields_lib.kind(data)}, expected text in quotes')
  return data


def _passage(data: Any) -> Passage:
  fields = fields_lib.Fields(
    data,
    what='passage',
    example='{"id": "physics/12", "text": "Ice floats on water."}',
  )
  return Passage(
    id=fields.words('id'),
    text=fields.words('text'),
    score=fields.number('score'),
    extra=fields.rest(),
  )


def _rationale(data: Any) -> Rationale:
  fields = fields_lib.Fields(
    data,
    what='rationale',
    example='{"text": "2 * 3 = 6. The answer is 6."}',
  )
  return Rationale(
    text=fields.words('text'),
    answer=fields.text('answer'),
    source=fields.text('source'),
    temperature=fields.number('temperature'),
    sample=fields.whole('sample'),
    passages=fields.items('passages', _passage) or (),
    extra=fields.rest(),
  )


def _passage_json(passage: Passage) -> dict[str, Any]:
  return {**_plain(passage, ('id', 'text', 'score')), **passage.extra}


def _plain(item: Any, names: tuple[str, ...]) -> dict[str, Any]:
  return {name: getattr(item, name) for name in names}
