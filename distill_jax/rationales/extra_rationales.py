"""Several rationales per question, from a store beside the data.

A folder of data may hold `rationales.jsonl`, a rationale store whose records
are told by `example_id` or by their question, or, where it does not, the file
`faithful_cot_12.jsonl` of the Faithful-CoT release.
"""

import collections
import dataclasses
import pathlib
import re
from collections.abc import Iterable, Iterator

from distill_jax.rationales import faithful_cot, store
from distill_jax.rationales import record as record_lib

STORE = 'rationales.jsonl'
RELEASE = 'faithful_cot_12.jsonl'


def joined(
  folder: pathlib.Path, records: Iterable[record_lib.Record]
) -> Iterator[record_lib.Record]:
  """Records, with what the folder holds appended to their rationales.

  Raises:
    ValueError: a file is wrong, or told of none of the records.
  """
  for path, read in (
    (folder / STORE, store.read),
    (folder / RELEASE, faithful_cot.read),
  ):
    if path.is_file():
      return _joined(path, read(path), records)
  return iter(records)


def require(folder: pathlib.Path) -> None:
  """Raises a ValueError where a folder has neither file."""
  if not any((folder / name).is_file() for name in (STORE, RELEASE)):
    raise ValueError(
      f'{folder / STORE}: no such file, nor {RELEASE}, expected one of the two '
      "with a teacher's rationales; put it there"
    )


def normal_question(question: str) -> str:
  r"""Words and numbers of a question, to match two prints of it.

  `normal_question('Tom has $5,\nhow many?')` is 'tom has 5 how many'.
  """
  return ' '.join(re.findall(r'[^\W_]+(?:\.\d+)?', question.lower()))


def _joined(
  path: pathlib.Path,
  found: Iterable[record_lib.Record],
  records: Iterable[record_lib.Record],
) -> Iterator[record_lib.Record]:
  by_id, by_question = {}, collections.defaultdict(tuple)
  for item in found:
    by_id[item.example_id] = item.rationales
    by_question[normal_question(item.question)] += item.rationales
  total, matched, first = 0, 0, None
  for record in records:
    first = first or record
    more = by_id.get(record.example_id)
    if more is None:
      more = by_question.get(normal_question(record.question), ())
    total, matched = total + 1, matched + bool(more)
    yield dataclasses.replace(record, rationales=record.rationales + more)
  if first and not matched:
    raise ValueError(
      f'{path}: no rationale for any of {total} questions, expected '
      f'the same example_id or question, as {first.example_id!r} of '
      f'{first.place or "the data"}; remove the file or correct it'
    )
