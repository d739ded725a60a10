"""SVAMP's reader on a small folder of its layout and on the real data."""

import hashlib
import json
import pathlib

import pytest

from distill_jax.rationales import dss, dss_svamp, siblings
from distill_jax.text import answers
from tests import shared

EQUATION = answers.Equation()
SVAMP = dss_svamp.SVAMP
_GOLDEN = pathlib.Path(__file__).with_name('held_out.json')


def _folder(path, rows=20, part='train', files=2):
  lines = [
    json.dumps({'input': f'Tom has {i} pens.\nHow many?', 'label': f'( {i} )'})
    for i in range(rows)
  ]
  (path / f'svamp_{part}.json').write_text('\n'.join(lines) + '\n')
  (path / 'llm').mkdir(exist_ok=True)
  raw = [
    f'{i} + 1. The answer is ({i} + 1).\n\nQ: And?\nA: The answer is (9'
    for i in range(rows)
  ]
  size = -(-rows // files)
  for number in range(files):
    part_of = raw[number * size : (number + 1) * size]
    path_of = path / 'llm' / f'{part}_CoT_{number}.json'
    path_of.write_text(json.dumps(part_of))
  return path


@pytest.mark.parametrize(
  ('raw', 'text', 'answer'),
  [
    (
      '84 / 2 = 42. The answer is (84 / 2).\n\nQ: There are\nA: The answer is',
      '84 / 2 = 42. The answer is (84 / 2).',
      '(84 / 2)',
    ),
    ('So. The answer is (3 * 8) + 9.', None, '(3 * 8)'),
    ('So. The answer is (3 * 8', None, ''),
    ('So. The answer is 3.', None, ''),
    ('The answer is (1). The answer is (2).', None, ''),
    ('So 3.', None, ''),
    ('\n\nQ: There are', '', ''),
  ],
)
def test_svamp_completion(raw, text, answer):
  assert dss_svamp.completion(raw) == (raw if text is None else text, answer)


def test_held_out_rows_are_those_of_the_datasets_library():
  """Hand-checked against `train_test_split(test_size=0.1, seed=0)` 5.2.0."""
  train, validation = dss.held_out(800)
  assert (len(train), len(validation)) == (720, 80)
  assert train[:8] == [792, 273, 165, 521, 790, 407, 25, 746]
  assert validation[:8] == [759, 697, 2, 105, 672, 620, 201, 711]
  assert sum(validation) == 30_909
  assert sorted(train + validation) == list(range(800))
  assert dss.held_out(37)[1] == [4, 34, 20, 18]
  assert dss.held_out(11) == ([7, 2, 0, 3, 5, 10, 9, 8, 1], [4, 6])
  assert [len(part) for part in dss.held_out(9741)] == [8_766, 975]
  assert sum(dss.held_out(9741)[1]) == 4_763_422


def test_held_out_rows_equal_the_golden_of_the_datasets_library():
  """`make_held_out` made it; all rows of SVAMP and of CommonsenseQA."""
  golden = json.loads(_GOLDEN.read_text())['rows']
  assert {'800', '9741'} <= golden.keys()
  for rows, expected in golden.items():
    train, validation = dss.held_out(int(rows))
    assert validation == expected['validation']
    digest = hashlib.sha256(json.dumps(train).encode()).hexdigest()
    assert digest == expected['train_sha256']


def test_each_row_has_its_completion(tmp_path):
  folder = str(_folder(tmp_path))
  found = [*SVAMP.read('train', folder)]
  found += SVAMP.read('validation', folder)
  assert len(found) == 20
  assert len({record.example_id for record in found}) == 20
  for record in found:
    row = int(record.example_id.removeprefix('svamp/train/'))
    assert record.question == f'Tom has {row} pens.\nHow many?'
    assert record.label == f'( {row} )'
    (rationale,) = record.rationales
    assert rationale.text == f'{row} + 1. The answer is ({row} + 1).'
    assert rationale.answer == f'({row} + 1)'
    assert (rationale.source, rationale.sample) == ('PaLM-540B', 0)


def test_errors(tmp_path):
  with pytest.raises(ValueError, match=r'svamp_test.json: no such file'):
    list(SVAMP.read('test', str(_folder(tmp_path))))
  labels = tmp_path / 'svamp_train.json'
  labels.write_text('{"input": "Why?"}\n' * 20)
  with pytest.raises(ValueError, match=r"svamp_train.json:1: no text in 'lab"):
    list(SVAMP.read('train', str(tmp_path)))
  labels.write_text('{"input": "Why?", "label": "( 3 )"}\n')
  with pytest.raises(ValueError, match=r'20 completions in train_CoT_.*, exp'):
    list(SVAMP.read('train', str(tmp_path)))
  (tmp_path / 'llm' / 'train_CoT_0.json').write_text('{"a": 1}')
  with pytest.raises(ValueError, match=r'CoT_0.json: expected a JSON list'):
    list(SVAMP.read('train', str(tmp_path)))
  (tmp_path / 'llm' / 'train_CoT_0.json').write_text('["a"')
  with pytest.raises(ValueError, match=r'CoT_0.json:1: no JSON \('):
    list(SVAMP.read('train', str(tmp_path)))
  (tmp_path / 'llm' / 'train_CoT_0.json').write_bytes(b'["a",\n"caf\xe9"]')
  with pytest.raises(ValueError, match=r'CoT_0.json:2: not UTF-8 .* byte 4'):
    list(SVAMP.read('train', str(tmp_path)))
  (tmp_path / 'llm' / 'train_CoT_0.json').unlink()
  with pytest.raises(ValueError, match=r'train_CoT_0.json: no such file'):
    list(SVAMP.read('train', str(tmp_path)))


@pytest.fixture(scope='module')
def svamp():
  folder = str(shared.path('svamp'))
  splits = ('train', 'validation', 'test')
  return {split: list(SVAMP.read(split, folder)) for split in splits}


def _right(records) -> int:
  """How many first rationales give an answer with the value of the label."""
  found = [
    (EQUATION.parse(record.rationales[0].answer), record.label)
    for record in records
  ]
  return sum(a is not None and EQUATION.same(a, gold) for a, gold in found)


def test_a_record_knows_its_file_and_line(svamp):
  assert svamp['train'][0].place.endswith('svamp_train.json:793')


def test_real_sizes(svamp):
  assert [len(records) for records in svamp.values()] == [720, 80, 200]
  assert svamp['train'][0].example_id == 'svamp/train/792'
  assert svamp['validation'][0].example_id == 'svamp/train/759'


def test_real_teacher_accuracy(svamp):
  assert _right(svamp['train'] + svamp['validation']) == 588
  assert _right(svamp['test']) == 148


def test_real_test_questions_without_a_sibling(svamp):
  released = [r.question for r in svamp['train'] + svamp['validation']]
  asked = [record.question for record in svamp['test']]
  assert len(siblings.without_sibling(asked, released)) == 50


def test_real_store_gives_several_rationales(svamp):
  for split in ('train', 'validation'):
    assert {len(record.rationales) for record in svamp[split]} == {13}
  assert {len(record.rationales) for record in svamp['test']} == {1}
  sources = [r.source for r in svamp['train'][0].rationales]
  assert sources[0] == 'PaLM-540B'
  assert 'gpt4/COT' in sources
