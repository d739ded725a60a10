"""Measures of a split in its rows and as a whole."""

import dataclasses
import math

import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax.evaluation import accuracy, confidence, measures, outcome
from distill_jax.rationales import record
from distill_jax.text import answers, joint
from distill_jax.text import prompts as prompts_lib
from distill_jax.text import vocabulary as vocabulary_lib

_EQUATION = answers.Equation()


@dataclasses.dataclass(frozen=True)
class _Decoder:
  vocabulary: vocabulary_lib.Vocabulary = vocabulary_lib.Vocabulary()
  prompts: prompts_lib.Prompts = prompts_lib.Prompts()


@dataclasses.dataclass(frozen=True)
class _Row:
  label_inputs: np.ndarray


@dataclasses.dataclass(frozen=True)
class _Split:
  kept: tuple[record.Record, ...]

  def records(self):
    return list(self.kept)

  def __len__(self):
    return len(self.kept)

  def __getitem__(self, index):
    return _Row(np.array([5, 6, 1]))


def _record(question: str, label: str, *rationales: str) -> record.Record:
  return record.Record(
    example_id=question,
    question=question,
    label=label,
    rationales=tuple(record.Rationale(text=text) for text in rationales),
  )


def _judged(*rows: dict) -> outcome.Outcome:
  return outcome.Outcome(
    split='test',
    accuracy=accuracy.Accuracy(
      accuracy=0.5, low=0.1, high=0.9, num_examples=len(rows), unparsed=0
    ),
    rows=rows,
  )


def test_measures_by_hand(monkeypatch):
  monkeypatch.setattr(confidence, 'of_labels', lambda *_: [0.9, 0.6])
  split = _Split(
    (
      _record('Tom has 3 pens and buys 4.', '( 3 + 4 )', 'He has 3 + 4.'),
      _record('How far is the sun from here?', '( 8 / 2 )'),
    )
  )
  training = _Split((_record('Tom has 9 pens and buys 7.', '( 9 + 7 )'),))
  judged = _judged(
    {
      'prediction': '( 3 + 4 )',
      'label': '( 3 + 4 )',
      'correct': True,
      'rationale': 'He has 3 + 4.',
    },
    {
      'prediction': '( 8 * 2 )',
      'label': '( 8 / 2 )',
      'correct': False,
      'rationale': 'It is 8 / 2.',
    },
  )
  found = measures.add(judged, _Decoder(), {}, split, training, _EQUATION)
  assert [row['confidence'] for row in found.rows] == [0.9, 0.6]
  said = found.measures
  # Bins (0.8, 0.9] and (0.5, 0.6]: |1 - 0.9| / 2 + |0 - 0.6| / 2.
  assert said['calibration_error'] == pytest.approx(0.35)
  assert said['siblings'] == 1
  assert said['accuracy_without_siblings'] == 0.0
  assert said['implied'] == 1.0
  assert said['implied_accuracy'] == 1.0
  assert said['agreement'] == 0.5
  assert said['rouge_l'] == 1.0  # of the one that the teacher explained
  assert 'rouge_l' not in found.rows[1]
  assert 'confidence' not in judged.rows[0]


def test_questions_that_are_all_new_or_all_known_have_no_column(monkeypatch):
  monkeypatch.setattr(confidence, 'of_labels', lambda *_: [0.5])
  split = _Split((_record('How far is it?', '7'),))
  other = _Split((_record('Tom has 9 pens and buys 7.', '( 9 + 7 )'),))
  judged = _judged({'prediction': '7', 'label': '7', 'correct': True})
  for training in (split, other):
    found = measures.add(judged, _Decoder(), {}, split, training, _EQUATION)
    assert found.measures.keys() == {'calibration_error'}


def test_too_many_pairs_are_left_out(monkeypatch):
  monkeypatch.setattr(confidence, 'of_labels', lambda *_: [0.5])
  monkeypatch.setattr(measures, '_MOST_PAIRS', 0)
  split = _Split((_record('How far is it?', '7'),))
  judged = _judged({'prediction': '7', 'label': '7', 'correct': True})
  found = measures.add(judged, _Decoder(), {}, split, split, _EQUATION)
  assert found.measures.keys() == {'calibration_error'}


def test_a_label_behind_a_rationale_has_no_probability_of_its_own():
  split = _Split((_record('How far is it?', '7'),))
  judged = _judged({'prediction': '7', 'label': '7', 'correct': True})
  decoder = _Decoder(prompts=joint.RationaleThenLabel())
  found = measures.add(judged, decoder, {}, split, split, _EQUATION)
  assert found.measures == {}
  assert 'confidence' not in found.rows[0]


@dataclasses.dataclass(frozen=True)
class _Lengths:
  """A critic by whom longer is better."""

  def logits(self, params, questions, candidates, rng=None):
    del params, questions, rng
    return jnp.sum(candidates > 0, axis=-1).astype(jnp.float32) / 10


@dataclasses.dataclass(frozen=True)
class _Asked:
  questions: tuple[int, ...] = (5, 6)


def _qualities(*texts: str, end=(1, 0)) -> outcome.Outcome:
  vocabulary = vocabulary_lib.Vocabulary()
  written = tuple(np.array([*vocabulary.encode(t), *end]) for t in texts)
  judged = _judged(*({'correct': True, 'rationale': text} for text in texts))
  judged = dataclasses.replace(judged, written=written, measures={'rouge_l': 1})
  split = [_Asked()] * len(texts)
  return measures.add_quality(judged, _Lengths(), {}, split, vocabulary)


def _sigmoid(tokens: int) -> float:
  return 1 / (1 + math.exp(-tokens / 10))


def test_quality_by_hand():
  length = lambda text: len(vocabulary_lib.Vocabulary().encode(text))
  short, long = 'He has 7.', 'Tom has 3 pens and buys 4, which is 3 + 4.'
  found = _qualities(f'{short} The answer is 7.', 'The answer is 7.', long)
  # The sentence with the answer is taken away, the end of sequence is read.
  expected = [_sigmoid(length(short) + 1), None, _sigmoid(length(long) + 1)]
  assert [row['quality'] for row in found.rows] == pytest.approx(expected)
  mean = (expected[0] + expected[2]) / 2
  assert found.measures == {'rouge_l': 1, 'quality': pytest.approx(mean)}
  cut = _qualities(short, end=())  # a text that was cut off has no end
  assert cut.measures['quality'] == pytest.approx(_sigmoid(length(short)))


def test_rationales_that_say_nothing_have_no_quality():
  found = _qualities('', 'The answer is 7.')
  assert found.measures == {'rouge_l': 1}
  assert [row['quality'] for row in found.rows] == [None, None]


def test_an_outcome_without_rationales_stays_as_it_is():
  judged = _judged({'correct': True})
  assert measures.add_quality(judged, _Lengths(), {}, [], None) is judged
