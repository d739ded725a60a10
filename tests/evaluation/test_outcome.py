"""Answers of a student that writes what it is told to."""

import dataclasses

import numpy as np

from distill_jax.data import lengths
from distill_jax.evaluation import outcome, quality
from distill_jax.rationales import record
from distill_jax.text import answers, prompts


@dataclasses.dataclass(frozen=True)
class _Decoder:
  written: tuple[str, ...]

  prompts = prompts.Prompts()
  lengths = lengths.Lengths()

  def for_labels(self, params, split, sampling, rng=None, limit=None):
    return [np.array([number]) for number in range(len(self.written))]

  def label_in(self, tokens):
    return self.written[tokens[0]]


@dataclasses.dataclass(frozen=True)
class _Split:
  kept: tuple[record.Record, ...]
  name: str = 'test'

  def records(self):
    return self.kept


def _asked(number):
  return record.Record(
    example_id=f'bank/{number}',
    question='Where is the bank?',
    label='in town',
    choices=('by the river', 'in town'),
    rationales=(record.Rationale(text='The answer is (b).'),),
  )


def test_a_letter_answers_for_its_choice():
  split = _Split(tuple(map(_asked, range(4))))
  decoder = _Decoder(('(b)', 'In town.', 'a', 'at home'))
  found = outcome.judge(decoder, {}, split, answers.Choice())
  assert [row['correct'] for row in found.rows] == [True, True, False, False]
  assert found.accuracy.accuracy == 0.5
  assert found.rows[0]['prediction'] == 'in town'
  assert found.rows[0]['choices'] == ('by the river', 'in town')


def test_a_rationale_that_ends_in_the_right_letter_is_right():
  assert quality.truth(_asked(0), 0, answers.Choice()) == (True, '')
