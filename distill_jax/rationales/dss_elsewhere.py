"""A released teacher's completions for questions that come from elsewhere.

TensorFlow Datasets, for one, stores a data set in an order of its own, so that
row k is not row k of the release. Completions belong to rows of the release by
their order, and a row there is told from another by what it asks.
"""

import collections
import dataclasses
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from distill_jax.rationales import completions, dss, extra_rationales
from distill_jax.rationales import record as record_lib


def read(
  layout: dss.Parted,
  split: str,
  folder: pathlib.Path,
  rows: Iterable[Mapping[str, Any]],
) -> Iterator[record_lib.Record]:
  """Records of rows, in their order, with the completions of the release.

  Question and label are the row's. Where the folder lacks the release of this
  split, only a rationale store gives rationales.

  Args:
    layout: of the release.
    split: of the data set.
    folder: of the release, or of a store alone.
    rows: as the files of the release have them.

  Raises:
    ValueError: a row is wrong, or the release lacks it.
  """
  records = _records(layout, split, folder, rows)
  if split == 'train':
    return extra_rationales.joined(folder, records)
  return records


def _records(
  layout: dss.Parted,
  split: str,
  folder: pathlib.Path,
  rows: Iterable[Mapping[str, Any]],
) -> Iterator[record_lib.Record]:
  part = layout.parts[split]
  path = layout.path(part, folder)
  released = collections.defaultdict(list)
  if path.is_file() or completions.are_there(folder, part):
    for record in layout.part(part, folder):
      released[_key(record)].append(record)
  seen: dict[str, int] = {}
  for number, row in enumerate(rows):
    place = f'{layout.name} {split}, row {number}'
    try:
      fields = layout.fields(row)
    except ValueError as error:
      raise ValueError(f'{place}: {error}') from error
    key = layout.key
    first = seen.setdefault(row[key], number) if key else number
    if first != number:
      raise ValueError(
        f'{place}: {key} {row[key]!r} was used in row {first} already, '
        'expected a new one; prepare the data set again'
      )
    record = record_lib.Record(
      example_id=f'{layout.name}/{part}/{number}', place=place, **fields
    )
    if released:
      record = _with_completion(record, released, path)
    yield record


def _with_completion(
  record: record_lib.Record,
  released: dict[str, list[record_lib.Record]],
  path: pathlib.Path,
) -> record_lib.Record:
  """The record with the rationales of the released row that is the same."""
  same = released.get(_key(record))
  if not same:
    raise ValueError(
      f'{record.place}: {path} has no row {_key(record)!r}, expected every row '
      'once; take release and data set of one version'
    )
  found = same.pop(0)
  if found.question != record.question:
    raise ValueError(
      f'{record.place}: the question is {record.question!r} and that of '
      f'{found.place} {found.question!r}, expected the same under one uid; '
      'take release and data set of one version'
    )
  return dataclasses.replace(record, rationales=found.rationales)


def _key(record: record_lib.Record) -> str:
  """The row's own id, or what it asks where it has none."""
  return record.extra.get('uid', record.question)
