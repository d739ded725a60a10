"""StrategyQA: questions whose answer, yes or no, takes several hidden steps.

A folder holds `train.json` and `dev.json`, JSON lists of objects with "qid",
"question", "answer" (true or false), "facts" and "decomposition", and beside
them a store of rationales (`extra_rationales`), such as the twelve completions
of Faithful-CoT, whose teachers did not see the answer.

The labels of the official test questions are not released. Here `dev.json` is
the test split, and a tenth of `train.json` validates, drawn as `dss.held_out`
draws: our reading, for the papers do not say which questions are theirs.

Sources: Geva et al. 2021, arXiv:2101.02235; Lyu et al. 2023, arXiv:2301.13379.
"""

import pathlib
from collections.abc import Iterator
from typing import Any

from distill_jax.rationales import dss, extra_rationales, json_list
from distill_jax.rationales import fields as fields_lib
from distill_jax.rationales import record as record_lib

FILES = (
  'train.json',
  'dev.json',
  extra_rationales.STORE,
  extra_rationales.RELEASE,
)
SPLITS = ('train', 'validation', 'test')
LABELS = ('yes', 'no')

_EXAMPLE = (
  '{"qid": "2bc9", "question": "Is ice cold?", "answer": true, "facts": '
  '["Ice is frozen."], "decomposition": ["Is #1 frozen?"]}'
)


def read(split: str, data_dir: str | None) -> Iterator[record_lib.Record]:
  """Records of a split.

  `facts` and `decomposition`, which annotators wrote, and `term` are kept in
  `extra`. Rationales of test questions are for oracles and for nothing else.

  Raises:
    ValueError: a file is absent or wrong, by name and line.
  """
  folder = pathlib.Path(data_dir)
  name = 'dev.json' if split == 'test' else 'train.json'
  records = extra_rationales.joined(folder, _records(folder / name))
  if split == 'test':
    yield from records
    return
  records = list(records)
  train, validation = dss.held_out(len(records))
  for row in validation if split == 'validation' else train:
    yield records[row]


def _records(path: pathlib.Path) -> Iterator[record_lib.Record]:
  seen: dict[str, int] = {}
  for line, data in json_list.items(path):
    place = f'{path}:{line}'
    try:
      fields = _fields(data)
    except ValueError as error:
      raise ValueError(f'{place}: {error}') from error
    first = seen.setdefault(fields['example_id'], line)
    if first != line:
      raise ValueError(
        f'{place}: qid {data["qid"]!r} was used in line {first} already, '
        'expected a new one; remove one of the two questions'
      )
    yield record_lib.Record(place=place, **fields)


def _fields(data: Any) -> dict[str, Any]:
  """What a record says beside its rationales."""
  fields = fields_lib.Fields(data, what='question', example=_EXAMPLE)
  answer = data.get('answer')
  if not isinstance(answer, bool):
    raise ValueError(
      f"'answer' is {fields_lib.kind(answer)}, expected true or false; correct "
      'the question'
    )
  extra = {
    'term': fields.text('term'),
    'facts': _texts(fields, 'facts'),
    'decomposition': _texts(fields, 'decomposition'),
  }
  return {
    'example_id': f'strategyqa/{fields.words("qid")}',
    'question': fields.words('question'),
    'label': LABELS[0] if answer else LABELS[1],
    'extra': {name: found for name, found in extra.items() if found},
  }


def _texts(fields: fields_lib.Fields, key: str) -> list[str]:
  return list(fields.items(key, _text) or ())


def _text(data: Any) -> str:
  if not isinstance(data, str):
    raise ValueError(f'got {fields_lib.kind(data)}, expected text in quotes')
  return data
