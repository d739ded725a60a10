"""Prompts in full, what decides them, and what a prompting refuses."""

import pathlib
import re

import pytest

from distill_jax.rationales import record as record_lib
from distill_jax.teachers.prompting import prompting

_EXAMPLES = """
answers = 'one of the choices by its letter'

[[example]]
question = 'Where is ice?'
choices = ['in fire', 'on a lake']
passages = ['Lakes freeze in winter.', 'Fire is hot.']
rationale = 'Ice is cold {water}.'
answer = 'on a lake'

[[example]]
question = 'Where is sand?'
choices = ['on a beach', 'in a tree']
rationale = 'Sand lies where waves are.'
answer = '(a)'
"""

_RECORD = record_lib.Record(
  example_id='banks/7',
  question='Where is the {bank}?',
  label='in town',
  choices=('by the river', 'in town'),
  passages=(
    record_lib.Passage(id='1', text='It was moved to town.'),
    record_lib.Passage(id='2', text='Rivers have banks.'),
  ),
)


@pytest.fixture
def examples(tmp_path) -> str:
  path = tmp_path / 'banks.toml'
  path.write_text(_EXAMPLES, encoding='utf-8')
  return str(path)


def _told(asked: prompting.Prompting, record=_RECORD) -> list[tuple[str, str]]:
  return [(one.role, one.content) for one in asked.messages(record)]


_ICE = 'Where is ice?\nAnswer Choices:\n(a) in fire\n(b) on a lake'
_SAND = 'Where is sand?\nAnswer Choices:\n(a) on a beach\n(b) in a tree'
_BANK = 'Where is the {bank}?\nAnswer Choices:\n(a) by the river\n(b) in town'


def test_qcrd_is_a_conversation(examples):
  asked = prompting.Prompting(form='qcrd', examples=examples)
  assert _told(asked) == [
    (
      'system',
      (
        'You explain your answers. For every question, first write a short '
        'explanation: the facts that matter and the steps that lead to the '
        'answer. Then give the answer, which is one of the choices by its '
        'letter. Keep to this form and write nothing behind it:\n'
        '<Explanation>: your explanation <Answer>: your answer'
      ),
    ),
    ('user', _ICE),
    (
      'assistant',
      '<Explanation>: Ice is cold {water}. <Answer>: (b) on a lake',
    ),
    ('user', _SAND),
    (
      'assistant',
      '<Explanation>: Sand lies where waves are. <Answer>: (a) on a beach',
    ),
    ('user', _BANK),
  ]
  assert asked.stop == ()
  assert not asked.shows_label


def test_dss_is_one_text(examples):
  asked = prompting.Prompting(form='dss', examples=examples)
  assert _told(asked) == [
    (
      'user',
      (
        f'Q: {_ICE}\n'
        'A: Ice is cold {water}. So the answer is (b) on a lake.\n'
        '\n'
        f'Q: {_SAND}\n'
        'A: Sand lies where waves are. So the answer is (a) on a beach.\n'
        '\n'
        f'Q: {_BANK}\n'
        'A:'
      ),
    ),
  ]
  assert asked.stop == ('\nQ:',)


def test_kard_answers_by_letter(examples):
  asked = prompting.Prompting(form='kard', examples=examples)
  assert _told(asked) == [
    (
      'system',
      (
        'Answer the last question. Explain first, step by step and with the '
        'knowledge that it takes, and then give the answer in a line of its '
        'own: one of the choices by its letter.'
      ),
    ),
    (
      'user',
      (
        f'Question: {_ICE}\n'
        'Explanation: Ice is cold {water}.\n'
        'Answer: (b)\n'
        '\n'
        f'Question: {_SAND}\n'
        'Explanation: Sand lies where waves are.\n'
        'Answer: (a)\n'
        '\n'
        f'Question: {_BANK}\n'
        'Explanation:'
      ),
    ),
  ]
  assert asked.stop == ('\nQuestion:',)


def test_kard_gold_shows_the_answer(examples):
  asked = prompting.Prompting(form='kard_gold', examples=examples)
  assert _told(asked) == [
    (
      'system',
      (
        'Explain the answer that is given to the last question, step by step '
        'and with the knowledge that it takes, as if you had found it '
        'yourself. Neither say that it was given nor repeat it at the end.'
      ),
    ),
    (
      'user',
      (
        f'Question: {_ICE}\n'
        'Answer: (b) on a lake\n'
        'Explanation: Ice is cold {water}.\n'
        '\n'
        f'Question: {_SAND}\n'
        'Answer: (a) on a beach\n'
        'Explanation: Sand lies where waves are.\n'
        '\n'
        f'Question: {_BANK}\n'
        'Answer: (b) in town\n'
        'Explanation:'
      ),
    ),
  ]
  assert asked.shows_label


def test_zero_shot_has_no_examples(examples):
  asked = prompting.Prompting(form='zero_shot', examples=examples)
  assert _told(asked) == [
    (
      'user',
      (
        f'{_BANK}\n'
        '\n'
        'Think step by step. Write a short explanation behind "Explanation:", '
        'and then, in a new line behind "Answer:", the answer and nothing '
        'else. The answer is one of the choices by its letter.'
      ),
    ),
  ]


def test_zero_shot_gold_shows_the_answer(examples):
  asked = prompting.Prompting(form='zero_shot_gold', examples=examples)
  assert _told(asked) == [
    (
      'user',
      (
        f'{_BANK}\n'
        '\n'
        'The correct answer is: (b) in town\n'
        'Explain step by step how one finds it, in a short text behind '
        '"Explanation:", as if nobody had told you the answer.'
      ),
    ),
  ]
  assert asked.shows_label


def test_few_shot_has_answers_alone(examples):
  asked = prompting.Prompting(form='few_shot', examples=examples)
  assert _told(asked) == [
    (
      'system',
      (
        'Answer the last question with its answer alone: one of the choices by '
        'its letter.'
      ),
    ),
    (
      'user',
      (
        f'Question: {_ICE}\n'
        'Answer: (b) on a lake\n'
        '\n'
        f'Question: {_SAND}\n'
        'Answer: (a) on a beach\n'
        '\n'
        f'Question: {_BANK}\n'
        'Answer:'
      ),
    ),
  ]


def test_the_first_examples_are_shown(examples):
  asked = prompting.Prompting(examples=examples, num_examples=1)
  assert [role for role, _ in _told(asked)] == [
    *('system', 'user', 'assistant', 'user')
  ]
  assert _told(asked)[1] == ('user', _ICE)
  none = prompting.Prompting(examples=examples, num_examples=0)
  assert [role for role, _ in _told(none)] == ['system', 'user']


def test_a_form_limits_its_examples_and_a_number_goes_before_it():
  kard = prompting.Prompting(form='kard').of('svamp')
  assert _told(kard)[1][1].count('Explanation:') == 5 + 1
  more = prompting.Prompting(form='kard', num_examples=7).of('svamp')
  assert _told(more)[1][1].count('Explanation:') == 7 + 1


def test_passages_are_shown_on_demand(examples):
  asked = prompting.Prompting(examples=examples, passages=1)
  told = _told(asked)
  assert told[1][1] == f'{_ICE}\nKnowledge: Lakes freeze in winter.'
  assert told[3][1] == _SAND  # it has none
  assert told[5][1] == f'{_BANK}\nKnowledge: It was moved to town.'
  both = prompting.Prompting(examples=examples, passages=2)
  assert _told(both)[5][1].endswith(
    '\nKnowledge: It was moved to town. Rivers have banks.'
  )


def test_parts_of_a_question_have_names():
  """No teacher reads '</s>', which ends a text for some."""
  record = record_lib.Record(
    example_id='esnli/1', question='A dog runs.</s>A cat runs.'
  )
  told = _told(prompting.Prompting().of('esnli_tfds'), record)
  assert told[-1] == ('user', 'Premise: A dog runs.\nHypothesis: A cat runs.')
  assert not any('</s>' in text for _, text in told)


def test_a_question_without_its_parts_is_refused():
  record = record_lib.Record(example_id='esnli/1', question='A dog runs.')
  with pytest.raises(ValueError, match=r'esnli/1: .* 1 parts .* expected 2'):
    prompting.Prompting().of('esnli').messages(record)


@pytest.mark.parametrize(
  ('task', 'name'),
  [
    ('svamp_asdiv', 'svamp'),
    ('story_problems_small_teacher', 'story_problems'),
    ('invented_facts_fresh', 'invented_facts'),
    ('anli1_tfds', 'anli1'),
    ('my.own.records', 'records'),
  ],
)
def test_a_task_finds_its_examples_by_its_name(task, name):
  assert prompting.Prompting().of(task).solved.path.stem == name


def test_named_examples_go_before_those_of_the_task(examples):
  asked = prompting.Prompting(examples=examples)
  assert asked.of('svamp') == asked


def test_expected_tokens_are_those_of_a_reply(examples):
  """The mean of two replies: '(b)' has two marks and a letter, for instance.

  'Ice is cold {water}.' 4 words, '{' and '}.'; then '\nAnswer: (b)': a break,
  a word, ':' and '(b)', that is 1 + 1 + 1 + 3; 12 tokens. The other one has 5
  words, '.' and the same 6: 12 tokens.
  """
  asked = prompting.Prompting(form='kard', examples=examples)
  assert asked.expected_tokens == pytest.approx(12, abs=1)


def test_expected_tokens_are_unknown_without_examples(tmp_path):
  path = tmp_path / 'none.toml'
  path.write_text("answers = 'a number'")
  asked = prompting.Prompting(form='zero_shot', examples=str(path))
  asked.check()
  assert asked.expected_tokens is None


@pytest.mark.parametrize('form', ['kard_gold', 'zero_shot_gold'])
def test_where_the_label_is_shown_it_is_the_answer(form, examples):
  asked = prompting.Prompting(form=form, examples=examples)
  said = asked.read(_RECORD, 'It was moved. So the answer is (a).')
  assert (said.rationale, said.answer) == ('It was moved.', 'in town')


@pytest.mark.parametrize(
  ('reply', 'answer'),
  [
    ('(b)', '(b)'),
    ('b', 'b'),
    ('(B) in town', '(B) in town'),
    ('in town, that is (B)', '(b)'),
    ('f(x) in town (b)', '(b)'),
    ('either (a) by the river or (b) in town', None),
    ('at home', 'at home'),
    # A choice that is rejected is no vote.
    ('in town because (a) is wrong', 'in town'),
    ('(b) in town because (a) is wrong', '(b) in town'),
    ('b, since by the river it is wet', 'b'),
    ('the town (b), as by the river is wet', '(b)'),
    (
      '(b) in town, which is far from by the river',
      '(b) in town, which is far from by the river',
    ),
    ('(a) is wrong, so in town', None),
    ('(a), in town', None),
    ('in town, so (a)', None),
    ('(a) in town', '(a) in town'),  # words before letters
    ('not (a)', None),
    ('(a) is wrong', None),
    ("it isn't (b)", None),
  ],
)
def test_an_answer_names_one_choice(reply, answer, examples):
  asked = prompting.Prompting(form='kard', examples=examples)
  said = asked.read(_RECORD, f'It was moved.\nAnswer: {reply}')
  assert (said.rationale, said.answer) == ('It was moved.', answer)


@pytest.mark.parametrize(
  ('reply', 'answer'),
  [
    ('yes, because it is light', 'yes'),
    ('yes; because it is light', 'yes'),
    ('He left because it rained', 'He left because it rained'),
    ('because it rained', 'because it rained'),
  ],
)
def test_an_answer_goes_without_its_grounds(reply, answer, examples):
  asked = prompting.Prompting(form='kard', examples=examples)
  record = record_lib.Record(example_id='floats', question='Does it float?')
  assert asked.read(record, f'So.\nAnswer: {reply}').answer == answer


def _refused(match: str, asked: prompting.Prompting) -> None:
  with pytest.raises(ValueError, match=match):
    asked.check()


def test_what_is_not_there_is_refused(examples, tmp_path):
  _refused('task is known.* expected one of anli1', prompting.Prompting())
  _refused(
    "no form 'qrcd', expected one of dss, few_shot",
    prompting.Prompting(form='qrcd', examples=examples),
  )
  _refused("no examples 'pens', expected", prompting.Prompting(examples='pens'))
  _refused(
    r'none\.toml: No such file',
    prompting.Prompting(examples=str(tmp_path / 'none.toml')),
  )
  _refused(
    'num_examples is 3, expected at most the 2 examples',
    prompting.Prompting(examples=examples, num_examples=3),
  )


@pytest.mark.parametrize('field', ['num_examples', 'passages'])
def test_numbers_are_not_negative(field):
  with pytest.raises(ValueError, match=f'{field} is -1, expected 0 or more'):
    prompting.Prompting(**{field: -1})


@pytest.mark.parametrize(
  ('label', 'match'),
  [
    (None, 'banks/7: no label, expected one'),
    ('at home', "banks/7: label 'at home', expected one of the choices"),
  ],
)
def test_a_gold_form_wants_a_label(label, match, examples):
  asked = prompting.Prompting(form='kard_gold', examples=examples)
  record = record_lib.Record(
    example_id='banks/7', question='Where?', label=label, choices=('x', 'y')
  )
  with pytest.raises(ValueError, match=match):
    asked.messages(record)


def test_the_prompt_that_is_documented_is_the_one_that_is_sent():
  page = pathlib.Path(__file__).parents[3] / 'docs' / 'prompts.md'
  shown = re.search(r'```\n(\[system\].*?)```', page.read_text(), re.DOTALL)[1]
  question = shown.rpartition('[user]\n')[2].strip()
  record = record_lib.Record(example_id='svamp/1', question=question)
  asked = prompting.Prompting(num_examples=2).of('svamp')
  told = '\n'.join(f'[{role}]\n{text}\n' for role, text in _told(asked, record))
  assert shown == told
