"""Which questions of two runs are compared."""

import dataclasses
import hashlib
import pathlib
from collections.abc import Mapping
from typing import Any

from distill_jax.teachers.judging import sides

_SHOWN = 3  # names in a message


@dataclasses.dataclass(frozen=True, kw_only=True)
class Item:
  """A question with what both sides say.

  Attributes:
    example_id: its name.
    question: with its choices.
    label: the right answer, None where it is not known.
    first: rationale of the first side, without its answer.
    second: rationale of the second side, without its answer.
  """

  example_id: str
  question: str
  label: str | None
  first: str
  second: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pair:
  """Two runs that were tested on the same questions.

  Attributes:
    name: in the table, such as the data set's.
    first: folder of a run or a store, or a file of either; see `sides.read`.
    second: the same of the other side.
    results_dir: folder below which both lie, such as that of a comparison;
      None where they are paths of their own.
    split: of the questions.
  """

  name: str
  first: str
  second: str
  results_dir: str | None = None
  split: str = 'test'

  def items(self, number: int, seed: int) -> list[Item]:
    """The questions to compare with what was said, drawn as by `draw`.

    Raises:
      ValueError: a side is absent or wrong; they have no question in common,
        or ask another one by the same name.
    """
    first, second = map(self._read, (self.first, self.second))
    return [
      self._item(name, first[name], second[name])
      for name in draw(first, second, number, seed)
    ]

  def _read(self, side: str) -> dict[str, sides.Said]:
    place = pathlib.Path(self.results_dir or '', side).expanduser()
    return sides.read(place, self.split)

  def _item(self, name: str, one: sides.Said, other: sides.Said) -> Item:
    if one.question != other.question:
      raise ValueError(
        f'{self.name}: the two sides ask different questions by the name '
        f'{name!r} ({one.question!r} and {other.question!r}); give runs that '
        'were tested on the same data'
      )
    return Item(
      example_id=name,
      question=one.question,
      label=other.label if one.label is None else one.label,
      first=one.rationale,
      second=other.rationale,
    )


def draw(
  first: Mapping[str, Any], second: Mapping[str, Any], number: int, seed: int
) -> list[str]:
  """Names of the questions to compare, of those that both sides have.

  The names and the seed decide, nothing that anybody said. With a larger
  number the same ones come first. All of them where there are not so many.

  Raises:
    ValueError: the sides have no question in common.
  """
  common = first.keys() & second.keys()
  if not common:
    raise ValueError(
      f'the two sides have no question in common ({_some(first)} here, '
      f'{_some(second)} there); give runs that were tested on the same data, '
      'and the split that both have rationales of (--gin.SPLIT=train, for a '
      'store)'
    )
  order = lambda name: hashlib.sha256(f'{seed}/{name}'.encode()).digest()
  return sorted(common, key=order)[:number]


def _some(names: Mapping[str, Any]) -> str:
  return ', '.join(map(repr, list(names)[:_SHOWN])) or 'none'
