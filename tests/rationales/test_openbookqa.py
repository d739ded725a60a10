"""OpenbookQA's reader: gold facts, two teachers, and what it refuses."""

import json

import pytest
from distill_jax.tasks import openbookqa as task

from distill_jax.rationales import openbookqa
from distill_jax.retrieval import corpus
from distill_jax.text import prompts
from tests import shared

_FACTS = '"bees make honey"\n"the sun is hot"\n'


def _row(**more):
  choices = [{'text': text, 'label': one} for one, text in zip('ABCD', 'wxyz')]
  return {
    'id': '7-1',
    'question': {'stem': 'The sun is', 'choices': choices},
    'fact1': 'the sun is hot',
    'answerKey': 'C',
    **more,
  }


def _folder(path, *rows, raw=None):
  lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
  (path / 'test_complete.jsonl').write_text('\n'.join(lines))
  (path / openbookqa.FACTS).write_text(_FACTS)
  if raw is not None:
    (path / 'tinyllm' / 'llm').mkdir(parents=True)
    (path / 'tinyllm' / 'llm' / 'test_CoT_0.json').write_text(json.dumps(raw))
  return str(path)


def _read(folder):
  return list(openbookqa.read('test', folder))


def test_a_row_by_hand(tmp_path):
  raw = 'Suns glow. Thus, the answer is (c) y\n\nQ: a llama rationale: No. Q: b'
  (found,) = _read(_folder(tmp_path, _row(), raw=[raw]))
  assert (found.question, found.label) == ('The sun is', 'y')
  assert found.choices == ('w', 'x', 'y', 'z')
  assert found.extra == {'gold_passages': ['2']}
  assert [(r.source, r.text) for r in found.rationales] == [
    ('Flan-T5-XXL', 'Suns glow. Thus, the answer is (c) y'),
    ('LLaMA-2', 'No.'),
  ]


def test_without_the_teachers(tmp_path):
  assert _read(_folder(tmp_path, _row()))[0].rationales == ()


def test_more_rows_than_completions(tmp_path):
  folder = _folder(tmp_path, _row(), _row(id='7-2'), raw=['a'])
  with pytest.raises(ValueError, match=r'1 completions .* expected 2.*The sun'):
    _read(folder)


@pytest.mark.parametrize(
  ('row', 'sentence'),
  [
    ('{', r'jsonl:2: no JSON'),
    ('[]', 'jsonl:2: line: got list'),
    ({}, 'jsonl:2: question: got null'),
    (_row(answerKey='E'), "jsonl:2: 'answerKey' is 'E', expected one of A, B"),
    (_row(fact1='ice'), "jsonl:2: 'fact1' is 'ice', expected a line of openb"),
    (_row(fact1=7), "jsonl:2: line: 'fact1' is int 7, expected text"),
    (_row(), "jsonl:2: id '7-1' was used in line 1 already"),
    (
      _row(question={'stem': 'a', 'choices': [{'label': 'B', 'text': 'b'}]}),
      r"jsonl:2: labels of 'choices' are \['B'\], expected \['A', 'B'",
    ),
    (
      _row(question={'stem': 'a', 'choices': [{'label': 'B'}]}),
      r"jsonl:2: choices\[0\]: choice: no 'text'",
    ),
  ],
)
def test_errors_name_file_and_line(tmp_path, row, sentence):
  with pytest.raises(ValueError, match=sentence):
    _read(_folder(tmp_path, _row(), row))


def test_absent_files(tmp_path):
  with pytest.raises(ValueError, match=r'openbook.txt: no such file, expected'):
    _read(str(tmp_path))
  (tmp_path / openbookqa.FACTS).write_text(_FACTS)
  with pytest.raises(ValueError, match=r'train_complete.jsonl: no such file'):
    list(openbookqa.read('train', str(tmp_path)))


def test_facts_have_the_ids_of_a_text_file(tmp_path):
  folder = _folder(tmp_path, _row())
  facts = openbookqa.Facts(data_dir=folder)
  plain = corpus.Corpus(path=facts.path)
  assert [(p.id, p.text) for p in facts.passages()] == [
    ('1', 'bees make honey'),
    ('2', 'the sun is hot'),
  ]
  assert [p.id for p in plain.passages()] == ['1', '2']
  assert facts.fingerprint() != plain.fingerprint()
  before = facts.fingerprint()
  (tmp_path / openbookqa.FACTS).write_text(_FACTS.replace('hot', 'big'))
  assert facts.fingerprint() != before


@pytest.fixture(scope='module')
def real():
  folder = str(shared.path('openbookqa'))
  data_set = task.DATA_SET
  return {
    split: list(data_set.records(split, folder)) for split in data_set.splits
  }


def test_real_sizes_and_gold_facts(real):
  assert [len(part) for part in real.values()] == [4_957, 500, 500]
  facts = openbookqa.Facts(data_dir=str(shared.path('openbookqa')))
  texts = {passage.id: passage.text for passage in facts.passages()}
  assert len(texts) == len(set(texts.values())) == 1_326
  name = shared.path('openbookqa', 'test_complete.jsonl')
  rows = [json.loads(line) for line in name.read_text().splitlines()]
  gold = [record.extra['gold_passages'] for record in real['test']]
  assert [[row['fact1'].strip()] for row in rows] == [
    [texts[id] for id in ids] for ids in gold
  ]
  train = {r.extra['gold_passages'][0] for r in real['train']}
  shared_facts = [ids for ids in gold if ids[0] in train]
  assert len(shared_facts) == 477


def test_real_labels_and_teachers(real):
  for part in real.values():
    for record in part:
      assert prompts.gold(record, task.DATA_SET.answers) == record.label
      assert [r.source for r in record.rationales] == list(openbookqa.TEACHERS)
      assert not any('Q:' in r.text for r in record.rationales)
  # What Flan-T5-XXL names is always right: it was shown the answer.
  for record in real['test']:
    answers = task.DATA_SET.answers.among(record.choices)
    said = prompts.given_answers(record.rationales, answers)
    assert answers.same(said[0], record.label)


def test_questions_are_in_one_split(real):
  names = [record.example_id for part in real.values() for record in part]
  assert len(set(names)) == len(names)
