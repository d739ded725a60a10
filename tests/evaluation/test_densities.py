"""How qualities are spread."""

import dataclasses
import json

import numpy as np
import pytest
from etils import epath

from distill_jax.data import lengths as lengths_lib
from distill_jax.evaluation import densities
from distill_jax.text import vocabulary

_VOCABULARY = vocabulary.Vocabulary()


def test_by_hand():
  found = densities.density([0.01, 0.92, 0.93, 1.0])
  assert found.number == 4
  assert found.mean == pytest.approx(0.715)
  assert found.peak == pytest.approx(0.925)
  assert found.counts == (1, *[0] * 17, 2, 1)


@dataclasses.dataclass(frozen=True)
class _Critic:
  """Gives the logit that a rationale's first id says."""

  def logits(self, params, questions, candidates, rng=None):
    del params, questions, rng
    return candidates[:, :, 0].astype(np.float32) - 100.0


@dataclasses.dataclass(frozen=True)
class _Row:
  questions: np.ndarray
  rationales: list
  votes: tuple


@dataclasses.dataclass(frozen=True)
class _Split:
  rows: tuple
  lengths: lengths_lib.Lengths = lengths_lib.Lengths(
    inputs=8, label=8, rationale=8
  )

  def __len__(self):
    return len(self.rows)

  def __getitem__(self, index):
    return self.rows[index]


def _text(first: int) -> np.ndarray:
  return np.array([first, 9, 1])


def test_groups_are_told_apart_by_their_votes(tmp_path):
  question = np.array([5, 6])
  split = _Split(
    (
      _Row(question, [_text(103), _text(98), np.array([1])], (1, -1, 1)),
      _Row(question, [_text(101), _text(104)], (0, -1)),
    )
  )
  words = 'Tom has 3 pens.'
  ids = _VOCABULARY.encode(words)
  samples = {'student': [np.array([*ids, 1, 0, 0]), np.array([1, 0])]}
  found = densities.measure(_Critic(), {}, split, samples, _VOCABULARY)
  sigmoid = lambda x: 1 / (1 + np.exp(-x))
  assert found['teacher positives'].number == 1
  assert found['teacher positives'].mean == pytest.approx(sigmoid(3.0))
  assert found['teacher negatives'].number == 2
  expected = (sigmoid(-2.0) + sigmoid(4.0)) / 2
  assert found['teacher negatives'].mean == pytest.approx(expected)
  assert found['student'].number == 1  # an empty sample is none
  assert found['student'].mean == pytest.approx(sigmoid(ids[0] - 100.0))

  densities.write(epath.Path(tmp_path), 'qualities_test', found)
  said = json.loads((tmp_path / 'eval' / 'qualities_test.json').read_text())
  assert said['student']['number'] == 1
  picture = tmp_path / 'eval' / 'qualities_test.png'
  assert picture.read_bytes().startswith(b'\x89PNG')
