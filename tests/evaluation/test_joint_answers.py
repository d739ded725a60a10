"""Answers of a student that writes rationale and label in one text."""

import dataclasses

import numpy as np

from distill_jax.evaluation import decode, outcome
from distill_jax.rationales import record
from distill_jax.text import answers, joint, vocabulary


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Says(decode.Decoder):
  """A decoder whose student writes given texts."""

  written: tuple[str, ...]

  def tokens(self, params, inputs, width, sampling, rng=None):
    return [np.array(self.vocabulary.encode(text)) for text in self.written]


@dataclasses.dataclass(frozen=True)
class _Split:
  number: int
  name: str = 'test'
  lengths = decode.lengths_lib.Lengths()

  def __len__(self):
    return self.number

  def records(self):
    asked = record.Record(
      example_id='shop/1', question='How many?', label='( 6 / 2 )'
    )
    return [asked] * self.number


def test_the_label_is_read_behind_the_separator():
  decoder = _Says(
    student=None,
    vocabulary=vocabulary.Vocabulary(),
    prompts=joint.RationaleThenLabel(),
    written=(
      'Half of 6. Answer: ( 6 / 2 )',
      'Two thirds. Answer: ( 9 / 3 )',
      'Half of 6. Answer: ( 6 * 2 )',
      '( 6 / 2 )',  # no separator: no label
    ),
  )
  found = outcome.judge(
    decoder, {}, _Split(4), answers.Equation(), rationales=True
  )
  assert [row['correct'] for row in found.rows] == [True, True, False, False]
  assert found.accuracy.unparsed == 1
  assert found.rows[0]['prediction'] == '( 6 / 2 )'
  assert found.rows[0]['rationale'] == 'Half of 6.'
