"""ASDiv: story problems of many kinds, with formulas.

A folder holds `ASDiv.xml` as it was released, and beside it a store of
rationales (`extra_rationales`), such as the completions of Faithful-CoT.

Source: Miao et al. 2020, arXiv:2106.15772.
"""

import dataclasses
import pathlib
import re
from collections.abc import Iterator
from xml.etree import ElementTree

from distill_jax.rationales import dss, equations, extra_rationales
from distill_jax.rationales import record as record_lib
from distill_jax.text import quantities

FILE = 'ASDiv.xml'
FILES = (FILE, extra_rationales.STORE, extra_rationales.RELEASE)
SPLITS = ('train', 'validation', 'test')
ANSWERS = equations.ANSWERS

_UNIT = re.compile(r'\([^\d()]+\)')  # "3 (nickel)*5 (cent/nickel)"


def read(split: str, data_dir: str | None) -> Iterator[record_lib.Record]:
  """Problems whose formula is one equation, which is their label.

  Nobody released a split: a tenth tests, a tenth of the others validates, drawn
  as `dss.held_out` draws.

  Raises:
    ValueError: a file is absent or wrong.
  """
  found = [record for record in problems(data_dir) if record.label]
  rest, test = dss.held_out(len(found))
  train, validation = dss.held_out(len(rest))
  parts = {
    'train': [rest[row] for row in train],
    'validation': [rest[row] for row in validation],
    'test': test,
  }
  for row in parts[split]:
    record = found[row]
    if split == 'test':
      record = dataclasses.replace(record, rationales=())
    yield record


def unlabelled(data_dir: str | None) -> Iterator[record_lib.Record]:
  """All problems without their formulas: the teacher's answer is the label."""
  for record in problems(data_dir):
    yield dataclasses.replace(record, label=None)


def problems(data_dir: str | None) -> Iterator[record_lib.Record]:
  """All problems with their rationales.

  The label is the formula's left side where it comes to the answer, else None.
  A rationale whose answer is a number gets the equation that it wrote for it.
  """
  folder = pathlib.Path(data_dir)
  for record in extra_rationales.joined(folder, _problems(folder / FILE)):
    yield equations.told(record)


def _problems(path: pathlib.Path) -> Iterator[record_lib.Record]:
  if not path.is_file():
    raise ValueError(
      f'{path}: no such file, expected the XML file of the release; name the '
      'folder that holds it'
    )
  try:
    root = ElementTree.parse(path).getroot()
  except ElementTree.ParseError as error:
    raise ValueError(
      f'{path}: no XML ({error}); take the file of the release'
    ) from error
  seen = set()
  for problem in root.iter('Problem'):
    record = _record(problem, path)
    if record.example_id in seen:
      raise ValueError(
        f'{path}: ID {problem.get("ID")!r} occurs twice, expected a new one; '
        'remove one of the two problems'
      )
    seen.add(record.example_id)
    yield record


def _record(
  problem: ElementTree.Element, path: pathlib.Path
) -> record_lib.Record:
  name = problem.get('ID')
  texts = {key: problem.findtext(key) for key in _KEYS}
  for key, text in {'ID': name, **texts}.items():
    if not (text or '').strip():
      raise ValueError(
        f'{path}: problem {name!r} has no {key}, expected '
        f'ID, {", ".join(_KEYS)}; correct the file'
      )
  body, question, answer, formula = (text.strip() for text in texts.values())
  return record_lib.Record(
    example_id=f'asdiv/{name}',
    question=f'{body}\n{question}',
    label=_label(formula, answer),
    place=f'{path}: problem {name!r}',
  )


_KEYS = ('Body', 'Question', 'Answer', 'Formula')


def _label(formula: str, answer: str) -> str | None:
  r"""The equation of a formula: '7+2=9' and '9 (apples)' give '7 + 2'."""
  equation = quantities.expression(_UNIT.sub('', formula.split('=')[0]))
  number = re.match(r'[\d.,]+', answer)
  value = quantities.expression(number[0]) if number else None
  if equation is None or value is None or not ANSWERS.label(equation):
    return None
  return equation if ANSWERS.same(equation, value) else None
