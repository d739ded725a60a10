"""MedQA's reader: choices, four chains of thought, and what it refuses."""

import json

import pytest
from distill_jax.tasks import medqa as task

from distill_jax.rationales import medqa, record, store
from distill_jax.text import prompts
from tests import shared

_ROW = {
  'id': 3,
  'question': 'Which drug?',
  'options': {'A': 'aspirin', 'B': 'insulin'},
  'answer_idx': 'B',
  'answer': 'insulin',
  'meta_info': 'step1',
  'samples': [
    {'teacher': 'g', 'style': 'cot', 'text': ' Sugar. ', 'answer': 'B'},
    {'teacher': 'g', 'style': 'rag_32', 'text': 'Hm.', 'answer': None},
  ],
}


def _read(path, *rows, split='test', part='test'):
  lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
  file = path / f'medqa_usmle_{part}_with_cot.jsonl'
  file.write_text('\n'.join(lines))
  return list(medqa.read(split, str(path)))


def test_a_line_by_hand(tmp_path):
  (found,) = _read(tmp_path, _ROW)
  assert found.example_id == 'medqa/test/3'
  assert (found.label, found.choices) == ('insulin', ('aspirin', 'insulin'))
  assert [(r.source, r.text, r.answer) for r in found.rationales] == [
    ('g/cot', 'Sugar.', 'insulin'),
    ('g/rag_32', 'Hm.', ''),
  ]
  answers = task.DATA_SET.answers.among(found.choices)
  said = prompts.given_answers(found.rationales, answers)
  assert said == ['insulin', None]


def test_a_letter_that_is_the_text_of_another_choice(tmp_path):
  row = {**_ROW, 'options': {'A': 'B', 'B': 'C'}, 'answer': 'C'}
  (found,) = _read(tmp_path, row)
  assert found.rationales[0].answer == found.label == 'C'


def test_a_line_of_the_official_release(tmp_path):
  row = {key: _ROW[key] for key in ('question', 'options', 'answer_idx')}
  row['metamap_phrases'] = ['drug']
  first, second = _read(tmp_path, row, row, split='validation', part='dev')
  assert [first.example_id, second.example_id] == ['medqa/dev/0', 'medqa/dev/1']
  assert first.rationales == ()


def test_rationales_of_a_store(tmp_path):
  told = record.Record(
    example_id='x',
    question='Which drug?',
    rationales=(record.Rationale(text='Mine.'),),
  )
  store.write(tmp_path / 'rationales.jsonl', [told])
  row = {**_ROW, 'samples': None}
  (trained,) = _read(tmp_path, row, split='train', part='train')
  assert [r.text for r in trained.rationales] == ['Mine.']
  (tested,) = _read(tmp_path, row)
  assert tested.rationales == ()


@pytest.mark.parametrize(
  ('row', 'sentence'),
  [
    ('{', 'jsonl:2: no JSON'),
    ('[1]', 'jsonl:2: line: got list'),
    ({**_ROW, 'options': {}}, "jsonl:2: 'options' is dict {}, expected texts"),
    ({**_ROW, 'options': ['a']}, "jsonl:2: 'options' is list"),
    ({**_ROW, 'options': {'B': 'a'}}, "jsonl:2: 'options' is dict {'B': 'a'}"),
    ({**_ROW, 'options': {'A': 1}}, "jsonl:2: 'options' is dict {'A': 1}"),
    ({**_ROW, 'answer_idx': 'E'}, "'answer_idx' is 'E', expected one of A, B;"),
    (
      {**_ROW, 'answer': 'aspirin'},
      "'answer' is 'aspirin', expected 'insulin'",
    ),
    ({**_ROW, 'samples': 7}, "jsonl:2: 'samples' is no list of objects with"),
    ({**_ROW, 'samples': [{}]}, r"'samples' is no list .*KeyError\('text'\)"),
    (_ROW, 'jsonl:2: id 3 was used in line 1 already'),
  ],
)
def test_errors_name_file_and_line(tmp_path, row, sentence):
  with pytest.raises(ValueError, match=sentence):
    _read(tmp_path, _ROW, row)


def test_a_training_file_of_ones_own_is_needed(tmp_path):
  with pytest.raises(ValueError, match=r'_train_with_cot.jsonl: no such file'):
    list(medqa.read('train', str(tmp_path)))


def test_real_test_questions():
  folder = str(shared.path('medqa'))
  found = list(task.DATA_SET.records('test', folder))
  assert len(found) == 1_273
  right = dict.fromkeys(range(4), 0)
  for one in found:
    answers = task.DATA_SET.answers.among(one.choices)
    assert prompts.gold(one, task.DATA_SET.answers) == one.label
    said = prompts.given_answers(one.rationales, answers)
    for sample, answer in enumerate(said):
      right[sample] += answer is not None and answers.same(answer, one.label)
  name = shared.path('medqa', 'medqa_usmle_test_with_cot.jsonl')
  rows = [json.loads(line) for line in name.read_text().splitlines()]
  for sample, number in right.items():
    letters = [row['samples'][sample]['answer'] for row in rows]
    gold = [row['answer_idx'] for row in rows]
    assert number == sum(a == b for a, b in zip(letters, gold))
