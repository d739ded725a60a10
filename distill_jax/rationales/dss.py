"""Readers of data laid out as "Distilling step-by-step" released it.

A folder holds `<name>_<part>.json`, JSON lines {"input", "label"}, and
`llm/<part>_CoT_<i>.json`, lists of raw completions of PaLM-540B: row k of the
lists in a row belongs to row k of the part. A raw completion runs on into the
next item of its few-shot prompt, so it is cut there.

Source: arXiv:2305.02301.
"""

import dataclasses
import itertools
import json
import math
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from distill_jax.rationales import extra_rationales, store
from distill_jax.rationales import record as record_lib

TEACHER = 'PaLM-540B'
VALIDATION_SHARE = 0.1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layout:
  """A data set in this layout.

  Attributes:
    name: beginning of its file names and of its example ids.
    completion: what a raw completion says: its text, cut at the next item,
      and its answer, '' where it gives none.
  """

  name: str
  completion: Callable[[str], tuple[str, str]]


def svamp_completion(raw: str) -> tuple[str, str]:
  r"""Text and equation of a completion for SVAMP.

  `svamp_completion('84 / 2 = 42. The answer is (84 / 2).\n\nQ: ...')` is
  `('84 / 2 = 42. The answer is (84 / 2).', '(84 / 2)')`. As in the released
  code the equation is what stands between the first and the last parenthesis
  of the one answer sentence: '(3 * 8) + 9' gives '(3 * 8)'.
  """
  text = raw.split('Q:')[0].strip()
  parts = text.split('The answer is')
  found = re.search(r'\(.*\)', parts[1]) if len(parts) == 2 else None
  return text, found[0] if found else ''


SVAMP = Layout(name='svamp', completion=svamp_completion)


def read_svamp(split: str, data_dir: str | None) -> Iterator[record_lib.Record]:
  """SVAMP's train (720), validation (80) or test (200) records.

  The PaLM rationale comes first. Train and validation questions then get
  those of the folder's rationale store (`extra_rationales`), so that a
  question has several; test questions never do. An example is named after its
  row in the released file: 'svamp/train/17', also in validation.

  Raises:
    ValueError: a file is absent or wrong, by name and line.
  """
  folder = pathlib.Path(data_dir)
  if split == 'test':
    yield from read_part(SVAMP, 'test', folder)
    return
  records = list(read_part(SVAMP, 'train', folder))
  train, validation = held_out(len(records))
  rows = validation if split == 'validation' else train
  added = extra_rationales.find(folder, records)
  for row in rows:
    yield added(records[row])


def held_out(rows: int) -> tuple[list[int], list[int]]:
  """Rows of the training part that train and that validate.

  The same as `datasets.Dataset.train_test_split(test_size=0.1, seed=0)`.
  """
  order = np.random.default_rng(0).permutation(rows).tolist()
  cut = math.ceil(rows * VALIDATION_SHARE)
  return order[cut:], order[:cut]


def read_part(
  layout: Layout, part: str, folder: pathlib.Path
) -> Iterator[record_lib.Record]:
  """Records of a released file, each with the completion of its row."""
  path = folder / f'{layout.name}_{part}.json'
  read = [(f'{path}:{line}', data) for line, data in store.lines(path)]
  rows = [(place, *_row(data, place)) for place, data in read]
  completions = read_completions(folder, part)
  if len(completions) != len(rows):
    raise ValueError(
      f'{folder}/llm: {len(completions)} completions in {part}_CoT_*.json, '
      f'expected {len(rows)}, one for each line of {path.name}; take both '
      'from one release'
    )
  for row, ((place, question, label), raw) in enumerate(zip(rows, completions)):
    text, answer = layout.completion(raw)
    rationale = record_lib.Rationale(
      text=text, answer=answer, source=TEACHER, sample=0
    )
    yield record_lib.Record(
      example_id=f'{layout.name}/{part}/{row}',
      question=question,
      label=label,
      rationales=(rationale,) if text else (),
      place=place,
    )


def read_completions(folder: pathlib.Path, part: str) -> list[str]:
  """Raw completions of a part: its numbered files, one after the other."""
  completions = []
  for number in itertools.count():
    path = folder / 'llm' / f'{part}_CoT_{number}.json'
    if not path.is_file():
      break
    completions += _strings(path)
  if not completions:
    raise ValueError(
      f'{folder}/llm/{part}_CoT_0.json: no such file, expected a list of raw '
      'completions; name the folder that holds the released data'
    )
  return completions


def _row(data: Any, where: str) -> tuple[str, str]:
  for key in ('input', 'label'):
    found = data.get(key) if isinstance(data, dict) else None
    if not isinstance(found, str) or not found.strip():
      raise ValueError(
        f'{where}: no text in {key!r}, expected an object with "input" '
        'and "label"'
      )
  return data['input'], data['label']


def _strings(path: pathlib.Path) -> list[str]:
  try:
    found = json.loads(store.utf8(path.read_bytes(), path))
  except json.JSONDecodeError as error:
    raise ValueError(f'{path}: no JSON ({error})') from error
  if not isinstance(found, list) or not all(
    isinstance(item, str) for item in found
  ):
    raise ValueError(f'{path}: expected a JSON list of completions')
  return found
