"""Rows about one question become one record."""

import collections
import dataclasses
from collections.abc import Iterator
from typing import Any

from distill_jax.rationales import record as record_lib
from distill_jax.rationales import table_row


@dataclasses.dataclass
class _Group:
  """What the rows of a question have told so far."""

  name: str
  place: str
  question: dict[str, Any]
  extra: dict[str, Any]
  rationales: list[record_lib.Rationale]


class Groups:
  """The questions of a table, in the order in which they came.

  A row belongs to the question of its `example_id`, or without one to that of
  the same words, however many spaces and line breaks are between them. All rows
  are kept until the end, as any of them may belong to the first question.

  Attributes:
    rows: how many were added.
    silent: answers without a rationale, which no record can hold.
  """

  def __init__(self, stem: str):
    """Begins without any.

    Args:
      stem: begins the names of questions without an id.
    """
    self.rows = self.silent = 0
    self._stem = stem
    self._groups: dict[tuple[str, str], _Group] = {}

  def add(self, told: table_row.Told, place: str) -> None:
    """Adds a row.

    Raises:
      ValueError: it names no question, or contradicts an earlier row of its
        question.
    """
    self.rows += 1
    self.silent += told.silent
    group = self._group(told, place)
    for name, value in told.question.items():
      _agree(group, group.question, name, value, place)
    for name, value in told.extra.items():
      _agree(group, group.extra, name, value, place)
    for one in told.rationales:
      if one.sample is None:
        one = dataclasses.replace(one, sample=len(group.rationales))
      group.rationales.append(one)

  def records(self) -> Iterator[record_lib.Record]:
    """The records.

    Raises:
      ValueError: a question has no words, or shares its name with another.
    """
    named = collections.Counter(one.name for one in self._groups.values())
    for group in self._groups.values():
      if group.question['question'] is None:
        raise ValueError(
          f'{group.place}: no question for {group.name!r}, expected words in '
          'one of its rows; fill it in'
        )
      if named[group.name] > 1:
        raise ValueError(
          f'{group.place}: two questions are called {group.name!r}, expected a '
          'name of its own for each; give every row an example_id'
        )
      own = {
        'example_id': group.name,
        'passages': group.question['passages'] or (),
        'rationales': tuple(group.rationales),
        'extra': group.extra,
        'place': group.place,
      }
      yield record_lib.Record(**{**group.question, **own})

  def _group(self, told: table_row.Told, place: str) -> _Group:
    name, words = told.question['example_id'], told.question['question']
    if name is None and words is None:
      raise ValueError(
        f'{place}: neither a question nor an example_id, expected one of them; '
        'fill it in or remove the row'
      )
    key = ('question', _plain(words)) if name is None else ('example_id', name)
    if key not in self._groups:
      self._groups[key] = _Group(
        name=name or f'{self._stem}/{self.rows}',
        place=place,
        question=dict.fromkeys(told.question),
        extra={},
        rationales=[],
      )
    return self._groups[key]


def _agree(
  group: _Group, known: dict[str, Any], name: str, value: Any, place: str
) -> None:
  """Notes what a row says; an empty cell contradicts nothing."""
  before = known.get(name)
  if None not in (value, before) and _plain(value) != _plain(before):
    raise ValueError(
      f'{place}: {name} {_short(value)}, but {_short(before)} before it for '
      f'{group.name!r}, which begins at {group.place}; expected the same in '
      'all rows of a question: correct one, or tell the questions apart by '
      'example_id'
    )
  known[name] = value if before is None else before


def _plain(value: Any) -> Any:
  """The same with one space wherever a text has any."""
  return ' '.join(value.split()) if isinstance(value, str) else value


def _short(value: Any) -> str:
  shown = repr(value)
  return shown if len(shown) <= 60 else f'{shown[:57]}...'
