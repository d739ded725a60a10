"""Inputs and targets of KARD's form."""

import pytest

from distill_jax.rationales import record
from distill_jax.text import (
  answers,
  explained,
  instruction,
  labels,
  reasoning,
  vocabulary,
)

_CHOICES = ('by the river', 'in town')
_PASSAGES = tuple(
  record.Passage(id=f'p/{number}', text=text)
  for number, text in enumerate(('The bank moved to the river.', 'It rained.'))
)


def _record(**fields):
  fields = {
    'example_id': 'bank/1',
    'question': 'Where is the bank?',
    'label': 'a',
    'choices': _CHOICES,
    'passages': _PASSAGES,
    'rationales': (
      record.Rationale(text='It moved. The answer is (a).'),
      record.Rationale(text='It is new.', passages=_PASSAGES[1:]),
    ),
    **fields,
  }
  return record.Record(**fields)


def _form(**fields):
  return instruction.Instruction(task='Explain, then answer.', **fields)


def test_an_input_by_hand():
  assert _form(passages=2).of(_record()) == (
    'Explain, then answer.\n'
    'Question: Where is the bank?\nAnswer Choices:\n'
    '(a) by the river\n(b) in town\n'
    'Knowledge: The bank moved to the river. It rained.\n'
    'Explanation:'
  )
  one = _form(passages=1).of(_record(choices=None))
  assert one == (
    'Explain, then answer.\nQuestion: Where is the bank?\n'
    'Knowledge: The bank moved to the river.\nExplanation:'
  )


@pytest.mark.parametrize('passages', [0, 2])
def test_without_passages_there_is_no_such_line(passages):
  bare = _record(choices=None, passages=() if passages else _PASSAGES)
  plain = instruction.Instruction(passages=passages)
  assert plain.of(bare) == 'Question: Where is the bank?\nExplanation:'


@pytest.mark.parametrize('room', range(13, 70))
def test_a_long_input_keeps_its_end(room):
  pieces = vocabulary.Vocabulary()
  length = lambda text: len(pieces.encode(text))
  own = reasoning.Reasoning(form=_form(passages=2))
  texts = own.texts(_record(), answers.Text())
  fitted = own.fitted(texts, lambda text: length(text) <= room)
  assert fitted.label_input == fitted.rationale_input
  assert fitted.label_input.endswith('\nExplanation:')
  assert length(fitted.label_input) <= room
  body = fitted.label_input.removesuffix('\nExplanation:')
  assert texts.label_input.startswith(body)


def test_reasoning_ends_in_the_letter():
  own = reasoning.Reasoning()
  texts = own.texts(_record(), answers.Text())
  always = lambda text: True
  assert own.target(texts, always) == 'It moved.\nAnswer: (a)'
  assert own.label_in('It moved. Answer: (a)') == '(a)'
  spelt = answers.Text().among(_CHOICES).spelt('(a)')
  assert spelt == 'by the river'
  words = reasoning.Reasoning(letters=False)
  texts = words.texts(_record(), answers.Text())
  assert words.target(texts, always) == 'It moved.\nAnswer: by the river'


def test_each_rationale_is_a_row_with_its_passages():
  first, second = reasoning.Reasoning().rows(_record())
  assert [first.example_id, second.example_id] == ['bank/1#0', 'bank/1#1']
  assert first.rationales[0].text.startswith('It moved')
  assert second.rationales[0].text == 'It is new.'
  # No search was made by the first one.
  assert first.passages == _PASSAGES
  assert second.passages == _PASSAGES[1:]
  alone = _record(rationales=())
  assert reasoning.Reasoning().rows(alone) == (alone,)


def test_answering_is_the_letter_alone():
  own = reasoning.Answering(form=instruction.Instruction(end='\nAnswer:'))
  texts = own.texts(_record(), answers.Text())
  assert own.target(texts, lambda text: True) == '(a)'
  assert texts.label_input.endswith('(b) in town\nAnswer:')
  assert own.rows(_record()) == (_record(),)
  assert own.worded('in town', _CHOICES) == '(b)'
  assert own.worded('at home', _CHOICES) == 'at home'
  assert own.worded('yes', None) == 'yes'


def test_an_open_question_is_answered_in_words():
  texts = reasoning.Reasoning().texts(
    _record(choices=None, label='the river'), answers.Text(), labels.GOLD
  )
  assert texts.label_target == 'the river'


def test_fewer_than_no_passages_are_refused():
  with pytest.raises(ValueError, match='passages is -1'):
    instruction.Instruction(passages=-1)


def test_an_oracle_is_shown_the_explanation():
  own = reasoning.Answering(form=explained.Explained())
  texts = own.texts(_record(choices=None, label='there'), answers.Text())
  assert texts.label_input == (
    'Question: Where is the bank?\nExplanation: It moved.\nAnswer:'
  )
  with pytest.raises(ValueError, match='bank/1: no rationale'):
    own.texts(_record(rationales=()), answers.Text())
