"""MedQA-USMLE: questions of medical examinations with four choices.

A folder holds `medqa_usmle_{train,dev,test}_with_cot.jsonl`, of lines like
those of the release with the samples of teachers beside them:

```
{"id": 0, "question": "A junior resident ...", "options": {"A": "...",
 "B": "...", "C": "...", "D": "..."}, "answer_idx": "B", "samples": [{"teacher":
 "gpt-4-32k", "style": "cot", "text": "The first ...", "answer": "B"}]}
```

`id` and `samples` may be missing: lines of the official release, renamed, are
of this form. A store of rationales (`extra_rationales`) may stand beside the
files instead.

Source: Jin et al. 2020, arXiv:2009.13081.
"""

import dataclasses
import pathlib
import string
from collections.abc import Iterator, Mapping
from typing import Any

from distill_jax.rationales import extra_rationales, samples, store
from distill_jax.rationales import fields as fields_lib
from distill_jax.rationales import record as record_lib

FILES = ('medqa_usmle_*_with_cot.jsonl', extra_rationales.STORE)
SPLITS = ('train', 'validation', 'test')

_PARTS = {'train': 'train', 'validation': 'dev', 'test': 'test'}
_EXAMPLE = (
  '{"question": "Which drug?", "options": {"A": "aspirin", "B": "insulin"}, '
  '"answer_idx": "B"}'
)


def read(split: str, data_dir: str | None) -> Iterator[record_lib.Record]:
  """Records of a split; the label is the text of the right choice.

  Rationales of test questions are for oracles and for nothing else.

  Raises:
    ValueError: a file is absent or wrong, by name and line.
  """
  folder = pathlib.Path(data_dir)
  records = _records(_PARTS[split], folder)
  if split == 'test':
    return records
  return extra_rationales.joined(folder, records)


def _records(part: str, folder: pathlib.Path) -> Iterator[record_lib.Record]:
  path = folder / f'medqa_usmle_{part}_with_cot.jsonl'
  seen: dict[str, int] = {}
  for line, data in store.lines(path):
    place = f'{path}:{line}'
    try:
      fields = _fields(data)
    except ValueError as error:
      raise ValueError(f'{place}: {error}') from error
    own = fields.pop('id')
    name = f'medqa/{part}/{line - 1 if own is None else own}'
    first = seen.setdefault(name, line)
    if first != line:
      raise ValueError(
        f'{place}: id {own} was used in line {first} already, expected a new '
        'one; remove one of the two lines'
      )
    yield record_lib.Record(example_id=name, place=place, **fields)


def _fields(data: Any) -> dict[str, Any]:
  """What a line says."""
  fields = fields_lib.Fields(data, what='line', example=_EXAMPLE)
  choices, key = _choices(data.get('options')), fields.words('answer_idx')
  if key not in choices:
    raise ValueError(
      f"'answer_idx' is {key!r}, expected one of {', '.join(choices)}; correct "
      'the line'
    )
  answer = fields.text('answer')
  if answer is not None and answer != choices[key]:
    raise ValueError(
      f"'answer' is {answer!r}, expected {choices[key]!r} as option {key} "
      'says; correct the line'
    )
  return {
    'id': fields.whole('id'),
    'question': fields.words('question'),
    'label': choices[key],
    'choices': tuple(choices.values()),
    'rationales': _rationales(data.get('samples') or (), choices),
  }


def _choices(found: Any) -> Mapping[str, str]:
  texts = found.values() if isinstance(found, dict) else ()
  said = [text for text in texts if isinstance(text, str) and text.strip()]
  letters = list(string.ascii_uppercase[: len(said)])
  if not said or list(found) != letters:
    raise ValueError(
      f"'options' is {fields_lib.kind(found)}, expected texts under A, B and "
      f'so on as in {_EXAMPLE}; correct the line'
    )
  return found


def _rationales(
  found: Any, choices: Mapping[str, str]
) -> tuple[record_lib.Rationale, ...]:
  """The samples, which answer by a choice's text.

  Of a question about a picture the choices are 'B', 'C', 'D' and 'E': there the
  letter of one is the text of another.
  """
  try:
    return tuple(
      dataclasses.replace(item, answer=choices.get(item.answer, item.answer))
      for item in samples.rationales(found)
    )
  except (KeyError, TypeError, AttributeError) as error:
    raise ValueError(
      '\'samples\' is no list of objects with "teacher", "style", "text" '
      f'and "answer", got {error!r}; correct the line'
    ) from error
