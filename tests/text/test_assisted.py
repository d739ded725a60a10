"""Inputs with the teacher's rationale."""

import pytest

from distill_jax.rationales import record
from distill_jax.text import answers, assisted

_PROMPTS = assisted.RationaleAsInput()


def _asked(*rationales):
  return record.Record(
    example_id='shop/1',
    question='How many?',
    label='( 84 / 2 )',
    rationales=tuple(record.Rationale(text=text) for text in rationales),
  )


def test_the_first_rationale_follows_the_question_without_its_answer():
  asked = _asked('Half of 84. The answer is (84 / 2).', 'Other.')
  texts = _PROMPTS.texts(asked, answers.Equation())
  assert texts.label_input == '[label] How many?\nRationale: Half of 84.'
  assert texts.rationale_input == '[rationale] How many?'
  assert _PROMPTS.target(texts, lambda text: False) == '( 84 / 2 )'


def test_a_record_without_rationale_is_refused():
  with pytest.raises(ValueError, match='shop/1: no rationale, expected one'):
    _PROMPTS.texts(_asked(), answers.Equation())
