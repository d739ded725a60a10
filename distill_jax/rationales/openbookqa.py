"""OpenbookQA: questions of elementary science, each with its gold fact.

A folder holds, as they were released, `{train,dev,test}_complete.jsonl` and the
1,326 facts `openbook.txt`, and perhaps in `tinyllm/llm` what two teachers wrote
about each question. Both teachers had seen the gold answer. What the second one
wrote often goes on into questions of its own.

Sources: Mihaylov et al. 2018, arXiv:1809.02789; Tian et al. 2024 (TinyLLM),
arXiv:2402.04616.
"""

import dataclasses
import functools
import hashlib
import itertools
import pathlib
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from distill_jax.rationales import completions, extra_rationales, store
from distill_jax.rationales import fields as fields_lib
from distill_jax.rationales import record as record_lib

FACTS = 'openbook.txt'
FILES = (
  '*_complete.jsonl',
  FACTS,
  'tinyllm/llm/*_CoT_*.json',
  extra_rationales.STORE,
)
SPLITS = ('train', 'validation', 'test')
TEACHERS = ('Flan-T5-XXL', 'LLaMA-2')

_NAMES = {'train': 'train', 'validation': 'dev', 'test': 'test'}
_PARTS = {'train': 'train', 'validation': 'valid', 'test': 'test'}
_BETWEEN = 'llama rationale:'
_NEXT = 'Q:'  # the next item of a few-shot prompt
_LETTERS = ('A', 'B', 'C', 'D')
_EXAMPLE = (
  '{"id": "7-980", "question": {"stem": "The sun is", "choices": [{"text": '
  '"hot", "label": "A"}, ...]}, "fact1": "the sun is hot", "answerKey": "A"}'
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
  """The facts as a corpus: ids are lines of `openbook.txt`, from 1.

  The quotes around each fact are taken away; `corpus.Corpus` reads the same
  file with the same ids, and leaves them.

  Attributes:
    data_dir: the folder.
  """

  data_dir: str

  @property
  def path(self) -> str:
    """The file."""
    return str(pathlib.Path(self.data_dir).expanduser() / FACTS)

  def check(self) -> None:
    """Raises a ValueError where there is no file."""
    if not pathlib.Path(self.path).is_file():
      raise ValueError(
        f'{self.path}: no such file, expected the facts of OpenbookQA; name '
        'the folder that holds them'
      )

  def fingerprint(self) -> str:
    """A number of ids and texts, in hexadecimal."""
    made = hashlib.sha256()
    for passage in self.passages():
      made.update(f'{passage.id}\t{passage.text}\n'.encode())
    return made.hexdigest()

  def passages(self) -> Iterator[record_lib.Passage]:
    """The facts in their order.

    Raises:
      ValueError: the file is absent, empty or not UTF-8.
    """
    self.check()
    path = pathlib.Path(self.path)
    for line, raw in store.raw_lines(path):
      text = store.utf8(raw, path, line).strip().strip('"')
      yield record_lib.Passage(id=str(line), text=text)


def read(split: str, data_dir: str | None) -> Iterator[record_lib.Record]:
  """Records of a split.

  The label is the text of the right choice, `gold_passages` the id of the gold
  fact in `Facts`: every `fact1` of the release is one of them, letter by
  letter. Rationales are cut at 'Q:'; those of test questions are for oracles
  and for nothing else.

  Raises:
    ValueError: a file is absent or wrong, by name and line.
  """
  folder = pathlib.Path(data_dir)
  records = _records(split, folder)
  if split == 'test':
    return records
  return extra_rationales.joined(folder, records)


def _records(split: str, folder: pathlib.Path) -> Iterator[record_lib.Record]:
  path = folder / f'{_NAMES[split]}_complete.jsonl'
  facts = {one.text: one.id for one in Facts(data_dir=str(folder)).passages()}
  seen: dict[str, int] = {}
  for (line, data), raw in zip(store.lines(path), _written(split, path)):
    place = f'{path}:{line}'
    try:
      fields = _fields(data, facts)
    except ValueError as error:
      raise ValueError(f'{place}: {error}') from error
    first = seen.setdefault(fields['example_id'], line)
    if first != line:
      raise ValueError(
        f'{place}: id {data["id"]!r} was used in line {first} already, '
        'expected a new one; remove one of the two lines'
      )
    yield record_lib.Record(rationales=_rationales(raw), place=place, **fields)


def _written(split: str, path: pathlib.Path) -> Iterator[str]:
  """What the teachers wrote of each line; nothing where they are absent."""
  folder, part = path.parent / 'tinyllm', _PARTS[split]
  if not completions.are_there(folder, part):
    return itertools.repeat('')
  completions.check(folder, part, path, functools.partial(_at, path))
  return completions.read(folder, part)


def _at(path: pathlib.Path, row: int) -> str:
  """Where a row stands, and how its question begins."""
  line, data = next(itertools.islice(store.lines(path), row, None))
  asked = textwrap.shorten(str(data['question']['stem']), 60)
  return f'{path}:{line} ({asked!r})'


def _fields(data: Any, facts: Mapping[str, str]) -> dict[str, Any]:
  """What a record says beside its rationales."""
  line = fields_lib.Fields(data, what='line', example=_EXAMPLE)
  asked = fields_lib.Fields(
    data.get('question'), what='question', example=_EXAMPLE
  )
  choices = asked.items('choices', _choice) or ()
  if tuple(letter for letter, _ in choices) != _LETTERS:
    raise ValueError(
      f"labels of 'choices' are {[letter for letter, _ in choices]}, expected "
      f'{list(_LETTERS)}; correct the line'
    )
  texts = dict(choices)
  key, fact = line.words('answerKey'), line.words('fact1').strip()
  if key not in texts:
    raise ValueError(
      f"'answerKey' is {key!r}, expected one of {', '.join(_LETTERS)}; correct "
      'the line'
    )
  if fact not in facts:
    raise ValueError(
      f"'fact1' is {fact!r}, expected a line of {FACTS}; take both files from "
      'one release'
    )
  return {
    'example_id': f'openbookqa/{line.words("id")}',
    'question': asked.words('stem'),
    'label': texts[key],
    'choices': tuple(texts.values()),
    'extra': {'gold_passages': [facts[fact]]},
  }


def _choice(data: Any) -> tuple[str, str]:
  fields = fields_lib.Fields(
    data, what='choice', example='{"text": "hot", "label": "A"}'
  )
  return fields.words('label'), fields.words('text')


def _rationales(raw: str) -> tuple[record_lib.Rationale, ...]:
  """The rationales of both teachers: 'a Q: llama rationale: b' has two."""
  texts = (part.partition(_NEXT)[0].strip() for part in raw.split(_BETWEEN))
  return tuple(
    record_lib.Rationale(text=text, source=teacher, sample=number)
    for number, (teacher, text) in enumerate(zip(TEACHERS, texts))
    if text
  )
