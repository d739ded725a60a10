"""Records to the texts that are tokenised, in plain Python.

A bad line stops here, before TensorFlow is even started.
"""

import collections
import contextlib
import dataclasses
import json
import pathlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from distill_jax.data import cached
from distill_jax.data import census as census_lib
from distill_jax.data import plan as plan_lib
from distill_jax.data import tally as tally_lib
from distill_jax.rationales import record as record_lib
from distill_jax.text import labels as labels_lib
from distill_jax.text import prompts as prompts_lib

if TYPE_CHECKING:
  from distill_jax.data import ranking_source
  from distill_jax.data import source as source_lib

_NO_LABEL = 'no label, and no majority of the teacher to give one'


def check(source: 'source_lib.Source') -> None:
  """Reads all files of a data set once, before any work on them.

  Seconds where the work takes minutes: 549,367 rows of e-SNLI take ten.

  Raises:
    ValueError: for the first record of any split that cannot be used.
  """
  if source.data_folder is not None:
    for split in source.data_set.splits:
      collections.deque(records(source, split), maxlen=0)


def prepare(
  source: 'source_lib.Source', split: str, folder: pathlib.Path
) -> dict[str, Any]:
  """Writes the texts and the records of a split into a folder.

  Returns:
    `examples`, `record_bytes` (size of the file of records), the counts of
    a `Tally` and `lossy` (per feature, the share of texts with characters the
    vocabulary lacks, and which).

  Raises:
    ValueError: for a record that cannot be used, or if none is left.
  """
  census = census_lib.Census(source.vocabulary)
  tally, total = tally_lib.Tally(), 0
  with (
    open(folder / cached.RECORDS, 'wb') as kept,
    open(folder / plan_lib.TEXTS, 'wb') as texts,
  ):
    for record, example in examples(source, split, tally):
      where = f'{_place(source, split, record)}: {record.example_id!r}'
      kept.write(_line(record_lib.to_json(record), where))
      texts.write(_line(example, where))
      census.add(example)
      total += 1
  if not total:
    raise ValueError(_empty(source, split, tally.dropped))
  return {
    'examples': total,
    'record_bytes': (folder / cached.RECORDS).stat().st_size,
    'lossy': census.facts(),
    **tally.facts(),
  }


def examples(
  source: 'source_lib.Source',
  split: str,
  tally: tally_lib.Tally | None = None,
) -> Iterator[tuple[record_lib.Record, dict[str, Any]]]:
  """Yields the usable records with their texts.

  The texts stand under the names of the features: `label_inputs`,
  `label_targets`, `rationale_inputs`, `questions`, `rationales` (all of them,
  '' where nothing but the answer was said) and `votes`.

  Args:
    source: what to read, and how.
    split: which part of it.
    tally: counts what is read, and what is left out.

  Raises:
    ValueError: for a record that cannot be used, by file and line where the
      reader knows them.
  """
  tally = tally or tally_lib.Tally()
  training = split == source.data_set.splits[0]
  # Elsewhere a score would measure agreement with the teacher.
  labels = source.labels if training else labels_lib.Gold()
  for record in _provided(source, split):
    tally.read(record)
    with _told(source, split, record):
      texts = source.prompts.texts(record, source.data_set.answers, labels)
    if texts.label_target is None:
      tally.dropped[_NO_LABEL] += 1
      continue
    rows = source.prompts.rows(record) if training else (record,)
    tally.rows_of_questions.append(len(rows))
    for row in rows:
      own = texts if row is record else _of_row(source, row, texts)
      tally.add(row, own)
      yield row, _features(source, own, tally)


def _of_row(
  source: 'source_lib.Source',
  row: record_lib.Record,
  whole: prompts_lib.Texts,
) -> prompts_lib.Texts:
  """Returns the texts of one rationale, with the label of the whole record."""
  labelled = dataclasses.replace(row, label=whole.label_target)
  return source.prompts.texts(labelled, source.data_set.answers)


def _provided(
  source: 'source_lib.Source', split: str
) -> Iterator[record_lib.Record]:
  """Yields the records that can be used, with passages where some are found."""
  found = (
    dataclasses.replace(one, rationales=one.rationales[: source.max_rationales])
    for one in records(source, split)
  )
  if source.knowledge is None:
    return found
  training = split == source.data_set.splits[0]
  provide = source.knowledge.taught if training else source.knowledge.asked
  return provide(found)


def records(
  source: 'source_lib.Source | ranking_source.RankingSource', split: str
) -> Iterator[record_lib.Record]:
  """Yields the records that can be used, with their labels as words.

  Raises:
    ValueError: for a record that cannot be used, or a name that is used twice.
  """
  seen: set[str] = set()
  for record in _read(source, split):
    if record.example_id in seen:
      raise ValueError(_twice(source, split, record))
    seen.add(record.example_id)
    with _told(source, split, record):
      label = prompts_lib.gold(record, source.data_set.answers)
      prompts_lib.question(record)
    yield dataclasses.replace(record, label=label)


def _read(
  source: 'source_lib.Source', split: str
) -> Iterable[record_lib.Record]:
  """Returns the records of a split as the data set has them."""
  folder = source.data_folder
  return source.data_set.records(split, str(folder) if folder else None)


@contextlib.contextmanager
def _told(
  source: 'source_lib.Source', split: str, record: record_lib.Record
) -> Iterator[None]:
  """Puts the place of a record in front of what is wrong with it."""
  try:
    yield
  except ValueError as error:
    place = _place(source, split, record)
    raise ValueError(f'{place}: {error}') from error


def _twice(
  source: 'source_lib.Source', split: str, record: record_lib.Record
) -> str:
  """Returns what to say about a name that an earlier record has too."""
  name = record.example_id
  first = next(one for one in _read(source, split) if one.example_id == name)
  return (
    f'{_place(source, split, record)}: example_id {name!r} was used in'
    f' {_place(source, split, first)} already, expected a new one; give every'
    ' record its own.'
  )


def _features(
  source: 'source_lib.Source', texts: prompts_lib.Texts, tally: tally_lib.Tally
) -> dict[str, Any]:
  """Returns the texts that are tokenised, by the names of the features."""
  fitted = source.fitted(texts)
  tally.shortened_inputs += source.shortens(texts)
  tally.without_shots += source.lacks_shots(texts)
  target = source.prompts.target(texts, source.fits_label)
  tally.shortened += target != source.prompts.target(texts, lambda text: True)
  return {
    'label_inputs': fitted.label_input,
    'label_targets': target,
    'rationale_inputs': fitted.rationale_input,
    'questions': texts.question,
    'rationales': texts.rationales,
    'votes': texts.votes,
  }


def _place(
  source: 'source_lib.Source', split: str, record: record_lib.Record
) -> str:
  """Returns where a record comes from: file and line, or task and split."""
  return record.place or f'{source.task} {split}'


def _line(value: dict[str, Any], where: str) -> bytes:
  """Returns a line of JSON in UTF-8, which has no lone surrogates."""
  try:
    return (json.dumps(value, ensure_ascii=False) + '\n').encode()
  except UnicodeEncodeError as error:
    raise ValueError(
      f'{where} holds {error.object[error.start : error.end]!a}, half a'
      ' character; remove it or write the whole one.'
    ) from error


def _empty(
  source: 'source_lib.Source', split: str, dropped: dict[str, int]
) -> str:
  """Returns what to say about a split without examples."""
  reasons = [f'{number} had {reason}' for reason, number in dropped.items()]
  found = f' (left out: {", ".join(reasons)})' if reasons else ''
  return f'The split {split!r} of {source.task!r} has no example{found}.'
