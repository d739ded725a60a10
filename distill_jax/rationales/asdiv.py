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
from xml.parsers import expat

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
  found = [record for record in _told(data_dir) if record.label]
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
  for record in _told(data_dir):
    yield dataclasses.replace(record, label=None)


def problems(data_dir: str | None) -> Iterator[record_lib.Record]:
  """All problems with their rationales.

  The label is the formula's left side where it comes to the answer, else None.
  A rationale whose answer is a number gets the equation that it wrote for it.
  """
  folder = pathlib.Path(data_dir)
  for record in extra_rationales.joined(folder, _problems(folder / FILE)):
    yield equations.told(record)


def _told(data_dir: str | None) -> list[record_lib.Record]:
  """As `problems`, of a folder that has a teacher's rationales."""
  found = list(problems(data_dir))
  extra_rationales.require(pathlib.Path(data_dir))
  return found


def _problems(path: pathlib.Path) -> Iterator[record_lib.Record]:
  if not path.is_file():
    raise ValueError(
      f'{path}: no such file, expected the XML file of the release; name the '
      'folder that holds it'
    )
  seen: dict[str, int] = {}
  for line, problem in _elements(path):
    record = _record(problem, f'{path}:{line}')
    first = seen.setdefault(record.example_id, line)
    if first != line:
      raise ValueError(
        f'{record.place}: ID {problem.get("ID")!r} was used in line {first} '
        'already, expected a new one; remove one of the two problems'
      )
    yield record


def _elements(path: pathlib.Path) -> Iterator[tuple[int, ElementTree.Element]]:
  """The problems and the lines in which they begin."""
  builder, parser = ElementTree.TreeBuilder(), expat.ParserCreate()
  found = []

  def start(tag: str, attributes: dict[str, str]) -> None:
    element = builder.start(tag, attributes)
    if tag == 'Problem':
      found.append((parser.CurrentLineNumber, element))

  parser.StartElementHandler = start
  parser.EndElementHandler = builder.end
  parser.CharacterDataHandler = builder.data
  try:
    with path.open('rb') as file:
      parser.ParseFile(file)
  except expat.ExpatError as error:
    raise ValueError(
      f'{path}:{error.lineno}: no XML ({expat.ErrorString(error.code)}), '
      'expected problems as the release has them; take its file'
    ) from error
  yield from found


def _record(problem: ElementTree.Element, place: str) -> record_lib.Record:
  name = problem.get('ID')
  texts = {key: problem.findtext(key) for key in _KEYS}
  for key, text in {'ID': name, **texts}.items():
    if not (text or '').strip():
      raise ValueError(
        f'{place}: problem {name!r} has no {key}, expected '
        f'ID, {", ".join(_KEYS)}; correct the file'
      )
  body, question, answer, formula = (text.strip() for text in texts.values())
  return record_lib.Record(
    example_id=f'asdiv/{name}',
    question=f'{body}\n{question}',
    label=_label(formula, answer),
    place=place,
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
