"""Rows of a prepared split, cut into ranges of a fixed number.

A range is known by its bytes in the file of texts, so that whoever works on it
reads these alone.
"""

import dataclasses
import pathlib

from etils import epath

_PIECE = 2**20  # bytes that are copied at a time


@dataclasses.dataclass(frozen=True, kw_only=True)
class Range:
  """Rows that lie one after another.

  Attributes:
    split: whose rows they are.
    number: of the range, from 0.
    rows: how many there are.
    begin: of their first byte in the file of texts.
    size: of their texts in bytes.
  """

  split: str
  number: int
  rows: int
  begin: int
  size: int

  @property
  def name(self) -> str:
    """A name that no other range of the same cache has."""
    return f'{self.split}-{self.number:05d}'


def cut(texts: pathlib.Path, split: str, rows: int) -> list[Range]:
  """Returns the ranges of a file of texts, which holds a row per line.

  5 rows in ranges of 2 are 2, 2 and 1.

  Args:
    texts: the file.
    split: whose texts they are.
    rows: of each range but the last, which may have fewer.
  """
  found: list[Range] = []
  begin = size = count = 0
  with open(texts, 'rb') as lines:
    for line in lines:
      size, count = size + len(line), count + 1
      if count == rows:
        found.append(_range(split, found, count, begin, size))
        begin, size, count = begin + size, 0, 0
  if count:
    found.append(_range(split, found, count, begin, size))
  return found


def _range(
  split: str, before: list[Range], rows: int, begin: int, size: int
) -> Range:
  return Range(
    split=split, number=len(before), rows=rows, begin=begin, size=size
  )


def copy(one: Range, texts: epath.Path, to: pathlib.Path) -> None:
  """Writes the texts of a range into a file of their own.

  Raises:
    ValueError: if the file of texts ends too early.
  """
  with texts.open('rb') as whole, open(to, 'wb') as part:
    whole.seek(one.begin)
    left = one.size
    while left and (piece := whole.read(min(left, _PIECE))):
      part.write(piece)
      left -= len(piece)
  if left:
    raise ValueError(
      f'{texts} ends {left:,} bytes before the rows {one.name} do; build the '
      'cache again.'
    )
