"""Reader of the completions that the Faithful-CoT project released.

A line of its file holds a question and samples of several teachers, each with
a style of prompt, its completion and its answer. A store is built from it by

```
store.write('rationales.jsonl', faithful_cot.read('faithful_cot_12.jsonl'))
```

Source: arXiv:2301.13379.
"""

import os
import pathlib
from collections.abc import Iterator
from typing import Any

from distill_jax.rationales import fields, samples, store
from distill_jax.rationales import record as record_lib


def read(path: str | os.PathLike) -> Iterator[record_lib.Record]:
  """Records of the file, without label, with all their rationales in order.

  {"id": 0, "question": "...", "samples": [{"teacher": "gpt4", "style":
  "COT", "text": "76 - 25 = 51. The answer is 51.", "answer": "51"}]} gives a
  record with one rationale of source 'gpt4/COT'. The answers are numbers, no
  equations: they vote by value; StrategyQA's are yes or no. An answer that the
  release could not find stays '[invalid]' and votes for nothing. Samples
  without text are left out.

  Raises:
    ValueError: a line is wrong, by file and number.
  """
  path = pathlib.Path(path)
  seen: dict[Any, int] = {}
  for line, data in store.lines(path):
    try:
      record = _record(data, f'{path.stem}/{line}')
      own = data.get('id', (line,))  # equal to no id of JSON
      first = seen.setdefault(own, line)
    except (KeyError, TypeError, AttributeError) as error:
      raise ValueError(
        f'{path}:{line}: expected an object with "question" and "samples" of '
        f'"teacher", "style", "text" and "answer", got {error!r}; correct the '
        'line'
      ) from error
    if first != line:
      raise ValueError(
        f'{path}:{line}: id {own!r} was used in line {first} already, expected '
        'a new one; remove one of the two lines'
      )
    yield record


def _record(data: dict[str, Any], example_id: str) -> record_lib.Record:
  return record_lib.Record(
    example_id=example_id,
    question=_text(data, 'question'),
    rationales=samples.rationales(data['samples']),
  )


def _text(data: dict[str, Any], key: str) -> str:
  if not isinstance(data[key], str):
    raise TypeError(f'{key!r} is {fields.kind(data[key])}')
  return data[key]
