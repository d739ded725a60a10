"""Inputs and targets of records."""

import pytest

from distill_jax.rationales import record
from distill_jax.text import answers, labels, prompts

PROMPTS = prompts.Prompts()
EQUATION = answers.Equation()


def _record(*texts, label=None, choices=None, given=None):
  given = given or [None] * len(texts)
  return record.Record(
    example_id='shop/1',
    question='How many?',
    label=label,
    choices=choices,
    rationales=tuple(
      record.Rationale(text=text, answer=answer)
      for text, answer in zip(texts, given, strict=True)
    ),
  )


def test_prefixes_and_votes():
  texts = PROMPTS.texts(
    _record(
      '6 / 2 = 3. The answer is (6 / 2).',
      '6 * 2 = 12. The answer is (6 * 2).',
      'I do not know 3.',
      'Half of 6. So the answer is 3.',
      label='( 6.0 / 2.0 )',
    ),
    EQUATION,
  )
  assert texts.question == 'How many?'
  assert texts.label_input == '[label] How many?'
  assert texts.rationale_input == '[rationale] How many?'
  assert texts.label_target == '( 6.0 / 2.0 )'
  assert texts.rationales == (
    '6 / 2 = 3.',
    '6 * 2 = 12.',
    'I do not know 3.',
    'Half of 6.',
  )
  assert texts.votes == (1, -1, 0, 1)


def test_other_prefixes():
  texts = prompts.Prompts(label='predict: ', rationale='explain: ').texts(
    _record(), EQUATION
  )
  assert texts.label_input == 'predict: How many?'
  assert texts.rationale_input == 'explain: How many?'


def test_equal_prefixes_are_refused():
  with pytest.raises(ValueError, match='two different ones'):
    prompts.Prompts(label='x ', rationale='x ')


def test_the_stored_answer_goes_before_the_text():
  texts = PROMPTS.texts(
    _record('The answer is 5.', 'It is 3.', 'Or 3.', given=['3', '3', '']),
    EQUATION,
  )
  assert texts.rationales == ('', 'It is 3.', 'Or 3.')
  assert texts.votes == (0, 1, 0)  # nothing to learn from an empty one


def test_choices_follow_the_question():
  texts = PROMPTS.texts(_record(choices=('pen', 'ink')), answers.Choice())
  assert texts.question == 'How many?\nAnswer Choices:\n(a) pen\n(b) ink'
  assert texts.label_input == '[label] ' + texts.question


_PLACES = ('by the river', 'in town')


def test_letters_stand_for_choices_in_votes_and_labels():
  texts = PROMPTS.texts(
    _record(
      *('Money. The answer is (b) in town.', 'Water.', 'Money.', 'Both.'),
      given=[None, '(a)', '(b)', '(c)'],
      choices=_PLACES,
      label='B',
    ),
    answers.Choice(),
  )
  assert texts.votes == (1, -1, 1, 0)
  assert texts.label_target == 'in town'


def test_the_teachers_letter_becomes_the_text_of_its_choice():
  sampled = _record('So (b). The answer is (b).', choices=_PLACES)
  assert PROMPTS.texts(sampled, answers.Choice()).label_target == 'in town'


def test_a_label_outside_the_choices_is_refused():
  wrong = _record(choices=_PLACES, label='at home')
  expected = "label 'at home' is none of the choices 'by the river', 'in town'"
  with pytest.raises(ValueError, match=expected):
    PROMPTS.texts(wrong, answers.Choice())


def test_more_choices_than_letters_are_refused():
  with pytest.raises(ValueError, match='shop/1: 27 choices, expected at most'):
    PROMPTS.texts(_record(choices=['x'] * 27), answers.Choice())


@pytest.mark.parametrize('label', ['x', '7 pens', 'what ( 3 + 4 )'])
def test_a_label_of_another_kind_is_refused(label):
  with pytest.raises(ValueError, match=r'shop/1: label .* is no equation'):
    PROMPTS.texts(_record(label=label), EQUATION)


def test_the_teachers_label_is_an_equation_of_the_majority():
  sampled = _record(
    'So 3. The answer is 3.',
    '12. The answer is (6 * 2).',
    '3. The answer is (6 / 2).',
    '3. The answer is (5 - 2).',
    label='( 1 + 1 )',
  )
  taught = PROMPTS.texts(sampled, EQUATION, labels.Teacher())
  assert taught.label_target == '( 6 / 2 )'
  assert PROMPTS.texts(sampled, EQUATION).label_target == '( 1 + 1 )'


@pytest.mark.parametrize(
  'texts',
  [
    (),
    ('No answer.',),
    ('So 3. The answer is 3.',),
    ('The answer is (2 + 1).', 'The answer is (2 - 1).'),
  ],
)
@pytest.mark.parametrize('source', [labels.Teacher(), labels.GOLD])
def test_no_label_is_none(texts, source):
  assert PROMPTS.texts(_record(*texts), EQUATION, source).label_target is None


def test_the_teachers_label_replaces_a_missing_one():
  texts = PROMPTS.texts(_record('The answer is (2 + 1).'), EQUATION)
  assert texts.label_target == '( 2 + 1 )'
