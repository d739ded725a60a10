"""A split of a cache of candidates: memory maps of ids and scores."""

import dataclasses
import functools
import json
import pathlib
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from distill_jax.data import arrays
from distill_jax.data import lengths as lengths_lib
from distill_jax.data import share as share_lib
from distill_jax.retrieval import truth

META = 'meta.json'
PASSAGES = 'passages'
IDS = 'ids.json'
ROWS = 'rows.jsonl'
# The type of each; None for that of token ids.
FEATURES = {
  'questions': None,
  'candidates': 'int32',
  'relevance': 'float32',
  'found_by': 'int8',
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
  """A question and its candidates.

  Attributes:
    question: token ids, not padded.
    candidates: numbers of the passages.
    relevance: the retriever's score of each, for the rationale in training and
      for the question elsewhere.
    found_by: of each the bits of the searches that found it.
  """

  question: Int[np.ndarray, ' S']
  candidates: Int[np.ndarray, ' K']
  relevance: Float[np.ndarray, ' K']
  found_by: Int[np.ndarray, ' K']


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
  """What is known of a row beside its arrays.

  Attributes:
    example_id: of the record.
    relevant: sets of right passages, by their ids in the corpus.
  """

  example_id: str
  relevant: tuple[truth.Ids, ...]


class RankingSplit:
  """One split, as the builder left it; `split[i]` is its row i.

  Attributes:
    name: such as 'train'.
    folder: where its arrays lie.
    question_width: tokens that hold every question of the split.
    passage_width: tokens that hold every passage of the cache.
    warnings: what the builder found, one sentence each.
    truth: what the right passages are; None in training, which needs none.
    rows: numbers, in the cache, of the rows that are there.
  """

  def __init__(
    self,
    folder: pathlib.Path,
    name: str,
    share: float = share_lib.ALL,
    share_seed: int = 0,
  ):
    meta = _read_meta(folder)
    if name not in meta['splits']:
      raise ValueError(
        f'{meta["task"]} has no split {name!r}; it has '
        f'{", ".join(meta["splits"])}.'
      )
    facts, passages = meta['splits'][name], meta['passages']
    self.name, self.folder = name, folder / name
    self.truth: str | None = facts['truth']
    self.warnings = (*facts['warnings'], *passages['warnings'])
    self.question_width = _width(facts['longest'])
    self.passage_width = _width(passages['longest'])
    place = folder / PASSAGES
    arrays.check_size(self.folder / ROWS, facts['rows_bytes'])
    arrays.check_size(place / IDS, passages['ids_bytes'])
    self._arrays = {
      feature: arrays.read_rows(self.folder, facts['arrays'], feature)
      for feature in FEATURES
    }
    self._tokens = arrays.read_rows(place, passages['arrays'], 'tokens')
    self._ids = place / IDS
    sizes = facts['questions']
    self.rows = share_lib.rows_of_questions(sizes, share, share_seed)
    if not len(self.rows) and share < share_lib.ALL:
      raise ValueError(
        f'{meta["task"]} {name}: the questions of share={share} have no '
        'rationale with two passages to order; give a larger SHARE, or '
        'another SHARE_SEED.'
      )

  def __len__(self) -> int:
    return len(self.rows)

  def __getitem__(self, index: int) -> Row:
    if not 0 <= index < len(self):
      raise IndexError(
        f'{self.name} has {len(self)} rows, there is no {index}.'
      )
    found = {
      name: rows[self.rows[index]] for name, rows in self._arrays.items()
    }
    return Row(question=found.pop('questions'), **found)

  def passage(self, number: int) -> Int[np.ndarray, ' T']:
    """Returns the token ids of a passage."""
    return self._tokens[number]

  @functools.cached_property
  def passage_ids(self) -> list[str]:
    """The name of each passage in its corpus."""
    return json.loads(self._ids.read_text())

  def asked(self) -> list[Asked]:
    """Returns what is known of every row."""
    lines = (self.folder / ROWS).read_text(encoding='utf-8').splitlines()
    found = [json.loads(line) for line in lines]
    return [
      Asked(
        example_id=found[row]['example_id'],
        relevant=tuple(map(frozenset, found[row]['relevant'])),
      )
      for row in self.rows
    ]


def _width(longest: int) -> int:
  return lengths_lib.padded(longest, limit=2**30)


def _read_meta(folder: pathlib.Path) -> dict[str, Any]:
  try:
    meta = json.loads((folder / META).read_text())
    missing = {'task', 'splits', 'passages'} - meta.keys()
  except (OSError, ValueError, AttributeError) as error:
    missing = error
  if missing:
    raise ValueError(
      f'{folder / META} cannot be read ({missing}); remove the folder {folder} '
      'and it is built again.'
    )
  return meta
