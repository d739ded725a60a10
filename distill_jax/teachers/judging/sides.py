"""What a run, or a store, says on each question."""

import dataclasses
import json
import pathlib
from collections.abc import Iterator
from typing import Any

from distill_jax.rationales import record as record_lib
from distill_jax.rationales import store
from distill_jax.text import endings
from distill_jax.text import prompts as prompts_lib

_ASKED = ('example_id', 'question', 'choices', 'label')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Said:
  """What one side says on a question.

  Attributes:
    question: with its choices.
    rationale: without the sentence that states the answer.
    label: the right answer, None where it is not known.
  """

  question: str
  rationale: str
  label: str | None = None


def read(path: pathlib.Path, split: str) -> dict[str, Said]:
  """What a side says, by the id of the question.

  Args:
    path: folder of a run, whose `predictions/` of the split are read; folder
      of a store, whose `<split>.jsonl` is read; or a file of either kind. Of
      several rationales of a record the first one counts.
    split: of the questions.

  Raises:
    ValueError: nothing of the kind is there, or a line of it is wrong.
  """
  file = find(path, split)
  said = {}
  for line, data in store.lines(file):
    place = f'{file}:{line}'
    try:
      example_id, one = _said(data, f'{file.stem}/{line}')
    except ValueError as error:
      raise ValueError(f'{place}: {error}') from None
    if example_id in said:
      raise ValueError(
        f'{place}: example_id {example_id!r} was used before, expected a new '
        'one; leave one of the two lines out'
      )
    if one:
      said[example_id] = one
  return said


def find(path: pathlib.Path, split: str) -> pathlib.Path:
  """The file of a side, see `read`; it is not opened.

  Raises:
    ValueError: there is none.
  """
  candidates = [path, path / f'{split}.jsonl', *_of_run(path, split)]
  for candidate in candidates:
    if candidate.is_file():
      return candidate
  raise ValueError(
    f'{path} has neither predictions of {split!r} nor {split}.jsonl, expected '
    'the folder of a run, of a store, or a file of either; write the former by '
    f'"evaluate --model_dir={path} --split={split} --rationales"'
  )


def _of_run(folder: pathlib.Path, split: str) -> Iterator[pathlib.Path]:
  """The predictions of a split, by what `eval/` says of them."""
  for path in sorted((folder / 'eval').glob('*.json')):
    if json.loads(path.read_text()).get('split') == split:
      yield folder / 'predictions' / f'{path.stem}.jsonl'


def _said(data: Any, example_id: str) -> tuple[str, Said | None]:
  """Id and saying of a line; None where a record has no rationale.

  Raises:
    ValueError: it is neither a prediction with a rationale nor a record.
  """
  if not isinstance(data, dict) or 'prediction' not in data:
    record = record_lib.from_json(data, example_id)
    rationale = record.rationales[0].text if record.rationales else None
  else:
    asked = {name: data[name] for name in _ASKED if name in data}
    record = record_lib.from_json(asked, example_id)
    rationale = data.get('rationale')
    if not isinstance(rationale, str):
      raise ValueError(
        'the prediction has no rationale; write it by "evaluate --rationales", '
        'or give a run that was taught rationales'
      )
  if rationale is None:
    return record.example_id, None
  return record.example_id, Said(
    question=prompts_lib.question(record),
    rationale=endings.strip_answer(rationale),
    label=record.label,
  )
