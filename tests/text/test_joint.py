"""Targets of rationale and label, and what is read back from them."""

import pytest

from distill_jax.rationales import record
from distill_jax.text import answers, joint, prompts, vocabulary

_PROMPTS = joint.RationaleThenLabel()
_ALWAYS = lambda text: True


def _texts(*rationales, label='( 84 / 2 )', own=_PROMPTS):
  asked = record.Record(
    example_id='shop/1',
    question='How many?',
    label=label,
    rationales=tuple(record.Rationale(text=text) for text in rationales),
  )
  return own.texts(asked, answers.Equation())


def test_a_target_by_hand():
  texts = _texts('84 / 2 = 42. The answer is (84 / 2).', 'Other.')
  assert _PROMPTS.target(texts, _ALWAYS) == '84 / 2 = 42. Answer: ( 84 / 2 )'
  assert texts.label_input == texts.rationale_input == '[label] How many?'


def test_kards_form():
  kard = joint.RationaleThenLabel(label='', separator='\nAnswer: ')
  texts = _texts('Half of 84.', label='( 84 / 2 )', own=kard)
  assert kard.target(texts, _ALWAYS) == 'Half of 84.\nAnswer: ( 84 / 2 )'
  # A vocabulary without line breaks has a space there.
  assert kard.label_in('Half of 84. Answer: ( 84 / 2 )') == '( 84 / 2 )'


@pytest.mark.parametrize('rationales', [(), ('The answer is 3.',)])
def test_without_reasoning_the_label_stands_alone(rationales):
  target = _PROMPTS.target(_texts(*rationales), _ALWAYS)
  assert target == 'Answer: ( 84 / 2 )'
  assert _PROMPTS.label_in(target) == '( 84 / 2 )'
  assert _PROMPTS.rationale_in(target) == ''


@pytest.mark.parametrize('room', range(6, 60))
def test_a_long_target_keeps_its_label(room):
  body = 'Tom has 84 points. He lost 2 games. So 84 / 2 = 42.'
  pieces = vocabulary.Vocabulary()
  length = lambda text: len(pieces.encode(text))
  texts = _texts(body)
  target = _PROMPTS.target(texts, lambda text: length(text) <= room)
  assert target.endswith('Answer: ( 84 / 2 )')
  least = length(' Answer: ( 84 / 2 )')
  assert length(target) <= max(room, least)
  kept = _PROMPTS.rationale_in(target)
  assert body.startswith(kept)
  if kept != body:
    # Not a word more would have fitted.
    words = body.split(' ')[: len(kept.split(' ')) + bool(kept)]
    assert length(' '.join(words) + ' Answer: ( 84 / 2 )') > room


@pytest.mark.parametrize(
  ('written', 'label', 'rationale'),
  [
    ('So 42. Answer: 42', '42', 'So 42.'),
    ('Answer: 3? No. Answer: 42', '42', 'Answer: 3? No.'),
    ('So 42 and 42 and 42', '', 'So 42 and 42 and 42'),
    ('So 42. Answer:', '', 'So 42.'),
    ('', '', ''),
  ],
)
def test_reading_by_hand(written, label, rationale):
  assert _PROMPTS.label_in(written) == label
  assert _PROMPTS.rationale_in(written) == rationale


def test_plain_prompts_leave_texts_alone():
  plain = prompts.Prompts()
  texts = _texts('Half. Answer: 3', own=plain)
  assert plain.target(texts, lambda text: False) == '( 84 / 2 )'
  assert plain.label_in('a Answer: b') == plain.rationale_in('a Answer: b')


def test_a_separator_of_spaces_is_refused():
  with pytest.raises(ValueError, match=r'separator is .* expected some words'):
    joint.RationaleThenLabel(separator=' \n')
