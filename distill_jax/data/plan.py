"""What a cache builder hands to the process that tokenises.

The two share a folder:

  plan.json             the vocabulary, the limits, the splits
  SPLIT/texts.jsonl     one line per example: its texts and votes
  SPLIT/records.jsonl   the records of the same examples
  SPLIT/facts.json      the answer: tables of the arrays, and counts

When all is well the plan, the texts and the facts give way to one meta.json.
"""

import dataclasses
import json
import pathlib
from collections.abc import Iterator
from typing import Any

from distill_jax.data import lengths as lengths_lib

PLAN = 'plan.json'
TEXTS = 'texts.jsonl'
FACTS = 'facts.json'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
  """The tokeniser's orders.

  Attributes:
    vocabulary: the file or folder of the vocabulary.
    dtype: of the ids on disk.
    lengths: limits in tokens.
    splits: names of the splits.
    kind: of the vocabulary, see `text.vocabularies`.
    settings: of the vocabulary beside its file.
  """

  vocabulary: str
  dtype: str
  lengths: lengths_lib.Lengths
  splits: tuple[str, ...]
  kind: str = 'sentencepiece'
  settings: dict[str, Any] = dataclasses.field(default_factory=dict)

  @classmethod
  def read(cls, folder: pathlib.Path) -> 'Plan':
    """Returns the plan of a folder."""
    fields = json.loads((folder / PLAN).read_text())
    fields['lengths'] = lengths_lib.Lengths(**fields['lengths'])
    fields['splits'] = tuple(fields['splits'])
    return cls(**fields)

  def write(self, folder: pathlib.Path) -> None:
    """Puts the plan into a folder."""
    (folder / PLAN).write_text(json.dumps(dataclasses.asdict(self)))


def read_texts(folder: pathlib.Path) -> Iterator[dict[str, Any]]:
  """Yields the texts and votes of a split, one example after another."""
  with open(folder / TEXTS, encoding='utf-8') as lines:
    for line in lines:
      yield json.loads(line)


def read_facts(folder: pathlib.Path) -> dict[str, Any]:
  """Returns what the tokeniser says about a split, and removes its note."""
  note = folder / FACTS
  facts = json.loads(note.read_text())
  note.unlink()
  return facts


def write_facts(folder: pathlib.Path, facts: dict[str, Any]) -> None:
  """Leaves the note that `read_facts` reads."""
  (folder / FACTS).write_text(json.dumps(facts))
