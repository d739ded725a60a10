"""Rationales that lie beside the data."""

import json

import pytest

from distill_jax.rationales import extra_rationales, faithful_cot, record, store
from distill_jax.text import answers, prompts

_RECORDS = [
  record.Record(
    example_id=f'shop/{i}',
    question=f'Tom has {i} pens.\nHow many pens has he?',
    label=f'( {i} + 0 )',
    rationales=(record.Rationale(text=f'{i} pens.', answer=f'({i} + 0)'),),
  )
  for i in range(3)
]


def _stored(example_id, question, *texts):
  return record.Record(
    example_id=example_id,
    question=question,
    rationales=tuple(record.Rationale(text=text) for text in texts),
  )


def _texts(folder):
  found = extra_rationales.joined(folder, _RECORDS)
  return [[r.text for r in item.rationales] for item in found]


def test_nothing_beside_the_data(tmp_path):
  assert _texts(tmp_path) == [['0 pens.'], ['1 pens.'], ['2 pens.']]


def test_a_store_by_id_and_by_question(tmp_path):
  store.write(
    tmp_path / 'rationales.jsonl',
    [
      _stored('shop/0', 'Something else?', 'By id.'),
      _stored('x', 'tom has 1 pens, how many pens has he', 'a', 'b'),
      _stored('y', 'TOM HAS 1 PENS. How many pens has he?', 'c'),
      _stored('z', 'Nobody asks?', 'never'),
    ],
  )
  assert _texts(tmp_path) == [
    ['0 pens.', 'By id.'],
    ['1 pens.', 'a', 'b', 'c'],
    ['2 pens.'],
  ]


def test_a_store_for_other_questions_is_refused(tmp_path):
  store.write(tmp_path / 'rationales.jsonl', [_stored('z', 'Nobody?', 'no')])
  with pytest.raises(ValueError, match='no rationale for any of 3 questions'):
    _texts(tmp_path)


def _release(path, *samples):
  row = {
    'id': 0,
    'question': 'Tom has 1 pens, how many pens has he?',
    'gold': '#### 1',
    'samples': list(samples),
  }
  path.write_text(json.dumps(row) + '\n')


def _sample(text, answer):
  return {'teacher': 'gpt4', 'style': 'COT', 'text': text, 'answer': answer}


def test_the_release_and_a_store_made_of_it(tmp_path):
  release = tmp_path / 'faithful_cot_12.jsonl'
  _release(release, _sample(' One. The answer is 1.\n', '1'), _sample(' ', '2'))
  expected = [['0 pens.'], ['1 pens.', 'One. The answer is 1.'], ['2 pens.']]
  assert _texts(tmp_path) == expected
  store.write(tmp_path / 'rationales.jsonl', faithful_cot.read(release))
  release.unlink()
  assert _texts(tmp_path) == expected


def test_a_wrong_line_of_the_release(tmp_path):
  release = tmp_path / 'faithful_cot_12.jsonl'
  _release(release, {'text': 'One.'})
  with pytest.raises(ValueError, match=r'_12.jsonl:1: expected .*KeyError'):
    _texts(tmp_path)


def test_numbers_vote_with_equations_and_the_label_stays(tmp_path):
  _release(
    tmp_path / 'faithful_cot_12.jsonl',
    _sample('One. The answer is $1.', '$1'),
    _sample('Two. The answer is 2.', '2'),
    _sample('What?', '[invalid]'),
  )
  _, joined, _ = extra_rationales.joined(tmp_path, _RECORDS)
  texts = prompts.Prompts().texts(joined, answers.Equation())
  assert texts.votes == (1, 1, -1, 0)
  assert texts.label_target == '( 1 + 0 )'


def test_normal_question():
  assert (
    extra_rationales.normal_question('Tom has $5.50,\nhow many?')
    == extra_rationales.normal_question('tom has $ 5.50 how many')
    == 'tom has 5.50 how many'
  )
  assert extra_rationales.normal_question('5.') == '5'
