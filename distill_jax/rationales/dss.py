"""Readers of data laid out as "Distilling step-by-step" released it.

A folder holds `<name>_<part>.json`, JSON lines, and `llm/<part>_CoT_<i>.json`,
lists of raw completions of PaLM-540B: row k of the lists in a row belongs to
row k of the part. A raw completion runs on into the next item of its few-shot
prompt, so it is cut there.

Rows are read one after another: memory does not grow with the data set.

Source: arXiv:2305.02301.
"""

import abc
import dataclasses
import functools
import itertools
import math
import pathlib
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from distill_jax.rationales import (
  completions,
  dataset,
  extra_rationales,
  store,
)
from distill_jax.rationales import record as record_lib
from distill_jax.text import answers as answers_lib

TEACHER = 'PaLM-540B'
VALIDATION_SHARE = 0.1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layout(abc.ABC):
  """A data set in this layout.

  Attributes:
    name: beginning of its file names and of its example ids.
    fields: `question`, `label` and more of a record, from a decoded line; a
      ValueError says what the line lacks.
    completion: what a raw completion says: its text, cut at the next item,
      and its answer, '' where it gives none.
    key: under which a line has an id of its own, None where it has none.
  """

  splits: ClassVar[tuple[str, ...]] = ('train', 'validation', 'test')

  name: str
  fields: Callable[[Mapping[str, Any]], dict[str, Any]]
  completion: Callable[[str], tuple[str, str]]
  key: str | None = None

  @abc.abstractmethod
  def read(
    self, split: str, data_dir: str | None
  ) -> Iterator[record_lib.Record]:
    """Records of a split.

    The PaLM rationale comes first. Questions to train or validate on then get
    those of the folder's rationale store (`extra_rationales`), so that a
    question has several; test questions never do. An example is named after
    its row in the released file: 'svamp/train/17', also in validation.

    Raises:
      ValueError: a file is absent or wrong, by name and line.
    """

  def data_set(
    self, answers: answers_lib.Answers, citation: str
  ) -> dataset.DataSet:
    """What a task says about the data."""
    return dataset.DataSet(
      name=self.name,
      read=self.read,
      splits=self.splits,
      answers=answers,
      needs_data_dir=True,
      files=(
        f'{self.name}_*.json',
        'llm/*_CoT_*.json',
        extra_rationales.STORE,
        extra_rationales.RELEASE,
      ),
      citation=f'{citation}; Hsieh et al. 2023, arXiv:2305.02301',
    )

  def part(
    self, part: str, folder: pathlib.Path
  ) -> Iterator[record_lib.Record]:
    """Records of a released file, each with the completion of its row.

    Raises:
      ValueError: rows and completions differ in number, or one is wrong.
    """
    path = self.path(part, folder)
    completions.check(folder, part, path, functools.partial(self._at, path))
    found = zip(self._rows(path), completions.read(folder, part))
    for row, ((place, fields), raw) in enumerate(found):
      text, answer = self.completion(raw)
      rationale = record_lib.Rationale(
        text=text, answer=answer, source=TEACHER, sample=0
      )
      yield record_lib.Record(
        example_id=f'{self.name}/{part}/{row}',
        rationales=(rationale,) if text else (),
        place=place,
        **fields,
      )

  def path(self, part: str, folder: pathlib.Path) -> pathlib.Path:
    """The released file of a part."""
    return folder / f'{self.name}_{part}.json'

  def _at(self, path: pathlib.Path, row: int) -> str:
    """Where a row stands, and how its question begins."""
    place, fields = next(itertools.islice(self._rows(path), row, None))
    return f'{place} ({textwrap.shorten(fields["question"], 60)!r})'

  def _rows(self, path: pathlib.Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place and fields of every line."""
    seen: dict[str, int] = {}
    for line, data in store.lines(path):
      place = f'{path}:{line}'
      try:
        fields = self.fields(data)
      except ValueError as error:
        raise ValueError(f'{place}: {error}') from error
      first = seen.setdefault(data[self.key], line) if self.key else line
      if first != line:
        raise ValueError(
          f'{place}: {self.key} {data[self.key]!r} was used in line {first} '
          'already, expected a new one; remove one of the two lines'
        )
      yield place, fields


@dataclasses.dataclass(frozen=True, kw_only=True)
class HeldOut(Layout):
  """Train and test were released; a tenth of train is for validation."""

  def read(
    self, split: str, data_dir: str | None
  ) -> Iterator[record_lib.Record]:
    """As `Layout.read`."""
    folder = pathlib.Path(data_dir)
    if split == 'test':
      yield from self.part('test', folder)
      return
    records = self.part('train', folder)
    records = list(extra_rationales.joined(folder, records))
    train, validation = held_out(len(records))
    for row in validation if split == 'validation' else train:
      yield records[row]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parted(Layout):
  """Train, valid and test were released.

  Attributes:
    parts: what the release calls the splits.
  """

  parts: ClassVar[Mapping[str, str]] = {
    'train': 'train',
    'validation': 'valid',
    'test': 'test',
  }

  def read(
    self, split: str, data_dir: str | None
  ) -> Iterator[record_lib.Record]:
    """As `Layout.read`; a store's rationales go to the training part alone."""
    folder = pathlib.Path(data_dir)
    records = self.part(self.parts[split], folder)
    if split == 'train':
      records = extra_rationales.joined(folder, records)
    yield from records


def held_out(rows: int) -> tuple[list[int], list[int]]:
  """Rows of the training part that train and that validate.

  The same as `datasets.Dataset.train_test_split(test_size=0.1, seed=0)`.
  """
  order = np.random.default_rng(0).permutation(rows).tolist()
  cut = math.ceil(rows * VALIDATION_SHARE)
  return order[cut:], order[:cut]


def words(data: Any, *keys: str) -> list[str]:
  """The texts under some keys of a decoded line.

  Raises:
    ValueError: one is absent, empty or no text.
  """
  for key in keys:
    found = data.get(key) if isinstance(data, Mapping) else None
    if not isinstance(found, str) or not found.strip():
      expected = ', '.join(f'"{name}"' for name in keys)
      raise ValueError(
        f'no text in {key!r}, expected an object with {expected}; correct the '
        'line'
      )
  return [data[key] for key in keys]


def stated(text: str, marker: str) -> str:
  """What follows a marker that stands in a text once, '' where it does not."""
  parts = text.split(marker)
  return parts[1].strip() if len(parts) == 2 else ''
