"""CommonsenseQA's reader by hand and on the real data."""

import json

import pytest

from distill_jax.rationales import dss_cqa
from distill_jax.text import answers, prompts
from tests import shared

CQA = dss_cqa.CQA
_ROW = {
  'id': 'a1',
  'question': 'Where do fish live?',
  'choices': ['sand', 'sea', 'sky', 'sun', 'soil'],
  'answer': 'sea',
}


@pytest.mark.parametrize(
  ('raw', 'text', 'answer'),
  [
    (
      'Wet. So the answer is (b) the sea.\n\nQ: Who? So the answer is (c) x.',
      'Wet. So the answer is (b) the sea.',
      'the sea',
    ),
    ('So the answer is either (a) sand or (b) sea.', None, 'sand or (b) sea'),
    ('So the answer is (b).', None, ''),
    ('So the answer is the sea.', None, ''),
    ('So the answer is (a) a. So the answer is (b) b.', None, ''),
    ('It is the sea.', None, ''),
    ('\n\nQ: Who?', '', ''),
  ],
)
def test_completion(raw, text, answer):
  assert dss_cqa.completion(raw) == (raw if text is None else text, answer)


def test_the_question_lists_its_choices():
  record = type('Record', (), {'example_id': '', **dss_cqa.fields(_ROW)})
  assert prompts.question(record) == (
    'Where do fish live?\nAnswer Choices:\n(a) sand\n(b) sea\n(c) sky\n'
    '(d) sun\n(e) soil'
  )


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'answer': 'lake'}, r"cqa_test.json:2: answer 'lake' is none of the choi"),
    ({'choices': None}, r'cqa_test.json:2: answer .* choices None; give'),
    ({'question': ' '}, r"cqa_test.json:2: no text in 'question', expected"),
    ({}, r"cqa_test.json:2: id 'a1' was used in line 1 already, expected"),
  ],
)
def test_a_wrong_line_is_named(tmp_path, change, message):
  lines = [json.dumps(_ROW), json.dumps(_ROW | change)]
  (tmp_path / 'cqa_test.json').write_text('\n'.join(lines))
  (tmp_path / 'llm').mkdir()
  (tmp_path / 'llm' / 'test_CoT_0.json').write_text('["a", "b"]')
  with pytest.raises(ValueError, match=message):
    list(CQA.read('test', str(tmp_path)))


@pytest.fixture(scope='module')
def cqa():
  folder = str(shared.path('cqa'))
  return {split: list(CQA.read(split, folder)) for split in CQA.splits}


def test_real_sizes(cqa):
  assert [len(records) for records in cqa.values()] == [8_766, 975, 1_221]


def test_real_teacher_accuracy(cqa):
  """74.26 % and 77.23 %, as a string compared with a string."""
  parts = cqa['train'] + cqa['validation'], cqa['test']
  right = [sum(r.rationales[0].answer == r.label for r in p) for p in parts]
  assert right == [7_234, 943]
  assert round(7_234 / 9_741, 4) == 0.7426
  assert round(943 / 1_221, 4) == 0.7723


def test_real_rows_parse_or_have_no_vote(cqa):
  """Letter case aside an answer is a choice, or it votes for nothing."""
  kind, silent = answers.Choice(), {'train': 0, 'validation': 0, 'test': 0}
  for split, records in cqa.items():
    for record in records:
      (given,) = prompts.given_answers(
        record.rationales, kind.among(record.choices)
      )
      silent[split] += given is None
      assert given is None or given in record.choices
  assert silent == {'train': 283, 'validation': 35, 'test': 31}
