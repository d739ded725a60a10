"""Several rationales per question, from a store beside the data.

A folder of data may hold `rationales.jsonl`, a rationale store whose records
are told by `example_id` or by their question, or, where it does not, the file
`faithful_cot_12.jsonl` of the Faithful-CoT release.
"""

import collections
import dataclasses
import pathlib
import re
from collections.abc import Callable, Iterable, Sequence

from distill_jax.rationales import faithful_cot, store
from distill_jax.rationales import record as record_lib

STORE = 'rationales.jsonl'
RELEASE = 'faithful_cot_12.jsonl'

_Add = Callable[[record_lib.Record], record_lib.Record]


def find(folder: pathlib.Path, records: Sequence[record_lib.Record]) -> _Add:
  """A function that appends what the folder holds to a record's rationales.

  Raises:
    ValueError: a file is wrong, or tells of none of the records.
  """
  for path, read in (
    (folder / STORE, store.read),
    (folder / RELEASE, faithful_cot.read),
  ):
    if path.is_file():
      return _adder(path, read(path), records)
  return lambda record: record


def normal_question(question: str) -> str:
  r"""Words and numbers of a question, to match two prints of it.

  `normal_question('Tom has $5,\nhow many?')` is 'tom has 5 how many'.
  """
  return ' '.join(re.findall(r'[^\W_]+(?:\.\d+)?', question.lower()))


def _adder(
  path: pathlib.Path,
  found: Iterable[record_lib.Record],
  records: Sequence[record_lib.Record],
) -> _Add:
  by_id, by_question = {}, collections.defaultdict(tuple)
  for item in found:
    by_id[item.example_id] = item.rationales
    by_question[normal_question(item.question)] += item.rationales

  def rationales(record: record_lib.Record) -> tuple:
    if record.example_id in by_id:
      return by_id[record.example_id]
    return by_question.get(normal_question(record.question), ())

  def add(record: record_lib.Record) -> record_lib.Record:
    return dataclasses.replace(
      record, rationales=record.rationales + rationales(record)
    )

  if not any(rationales(record) for record in records):
    raise ValueError(
      f'{path}: no rationale for any of {len(records)} questions, expected '
      'the same example_id or question; remove the file or correct it'
    )
  return add
