"""What one row of a table tells of a question."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from distill_jax.rationales import cells
from distill_jax.rationales import columns as columns_lib
from distill_jax.rationales import record as record_lib

_OF_RATIONALE = 'rationales[].'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Told:
  """A row as parts of a record.

  Attributes:
    question: `example_id`, `question`, `label`, `choices` and `passages`.
    extra: further columns that belong to the question.
    rationales: none, one, or those of a list.
    silent: answers without a rationale, which no record can hold.
  """

  question: Mapping[str, Any]
  extra: Mapping[str, Any]
  rationales: tuple[record_lib.Rationale, ...]
  silent: int


def read(row: Mapping[str, Any], columns: columns_lib.Columns) -> Told:
  """What a row tells.

  Raises:
    ValueError: a cell is of the wrong kind; the sentence names its column.
  """
  names = tuple(row)
  column = {field: name for name, field in columns.uses(names).items()}

  def take(field: str, kind: Callable[[Any], Any]) -> Any:
    name = column.get(field)
    return None if name is None else _of_column(name, kind, row[name])

  question = {
    field: take(field, cells.text)
    for field in ('example_id', 'question', 'label')
  }
  split = functools.partial(cells.choices, separator=columns.separator)
  question['choices'] = take('choices', split)
  question['passages'] = take('passages', _passages)
  several = take('rationales', cells.items)
  items = _one(take) if several is None else _several(several, take)
  spoken = [item for item in items if item['text'] is not None]
  extra: dict[str, Any] = {}
  for name, key, mine in _further(columns, names):
    value = _of_column(name, cells.value, row[name])
    if value not in (None, '') and (spoken or not mine):
      (spoken[0] if mine else extra)[key] = value
  return Told(
    question=question,
    extra=extra,
    rationales=_record('rationales', spoken).rationales,
    silent=sum(
      item['text'] is None and bool(item.get('answer')) for item in items
    ),
  )


def becomes(
  columns: columns_lib.Columns, names: tuple[str, ...]
) -> dict[str, str]:
  """Where in a record each column of a row goes, '' for one left out.

  Args:
    columns: what they are for.
    names: of the row's columns.
  """
  found = dict.fromkeys(names, '')
  for name, field in columns.uses(names).items():
    of_rationale = field in columns_lib.OF_RATIONALE
    key = 'text' if field == 'rationale' else field
    found[name] = f'{_OF_RATIONALE * of_rationale}{key}'
  for name, key, mine in _further(columns, names):
    found[name] = f'{_OF_RATIONALE * mine}{key}'
  return found


@functools.lru_cache(maxsize=1024)
def _further(
  columns: columns_lib.Columns, names: tuple[str, ...]
) -> Sequence[tuple[str, str, bool]]:
  """Columns without a field that are kept: name, key, whether a rationale's.

  They are where a row has a column for one rationale. A column that is called
  as a field of a record, and is not that field, gets another key.
  """
  uses, found = columns.uses(names), []
  alone = 'rationale' in uses.values() and 'rationales' not in uses.values()
  for name in names:
    if name in uses or not columns.keeps(name):
      continue
    mine = alone and name not in columns.of_question
    kind = record_lib.Rationale if mine else record_lib.Record
    known = [field.name for field in dataclasses.fields(kind)]
    found.append((name, name + '_column' * (name in known), mine))
  return tuple(found)


def _one(take: Callable) -> list[dict[str, Any]]:
  """The rationale of a row that has a column for it."""
  return [
    {
      'text': take('rationale', cells.text),
      'answer': take('answer', cells.text),
      'source': take('source', cells.text),
      'temperature': take('temperature', cells.number),
      'sample': take('sample', cells.whole),
    }
  ]


def _several(found: list[Any], take: Callable) -> list[dict[str, Any]]:
  """The rationales of a list; what the row says besides holds for all."""
  if take('rationale', cells.text) is not None:
    raise ValueError(
      'a rationale and a list of them in one row, expected one of the two; '
      'leave a column out'
    )
  answers = take('answer', cells.items) or [None] * len(found)
  if len(answers) != len(found):
    raise ValueError(
      f'{len(found)} rationales and {len(answers)} answers, expected as many; '
      'correct the row'
    )
  common = {
    'source': take('source', cells.text),
    'temperature': take('temperature', cells.number),
  }
  items = []
  for item, answer in zip(found, answers):
    item = cells.value(item) if isinstance(item, dict) else {'text': item}
    text = _of_column('rationales', cells.text, item.get('text'))
    own = {**item, 'text': text}
    if answer is not None:
      own['answer'] = _of_column('answer', cells.text, answer)
    items.append({**common, **own})
  return items


def _of_column(name: str, kind: Callable[[Any], Any], cell: Any) -> Any:
  try:
    return kind(cell)
  except ValueError as error:
    raise ValueError(
      f'column {name!r} {error}; correct the cell, or leave the column out'
    ) from error


def _record(key: str, items: list[Any]) -> record_lib.Record:
  """A record with checked rationales or passages."""
  return record_lib.from_json({'question': '-', key: items})


def _passages(cell: Any) -> tuple[record_lib.Passage, ...] | None:
  found = cells.items(cell)
  if found is None:
    return None
  return _record('passages', cells.value(found)).passages
