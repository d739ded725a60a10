"""The entry from a table, or the layout of the DSS release, to a store."""

import json
import os
import sys

import pytest

from distill_jax import ingest
from distill_jax.rationales import dss_cqa, dss_formats, dss_svamp, store
from tests import shared

_CSV = """\
question,gold,explanation,answer,tag
How many?,4,2 + 2 = 4.,4,x
How many?,4,2 + 3 = 5.,5,y
How many?,4,It is 4.,4.0,z
Why?,7,Nobody knows.,,x
"""
_LINES = [
  {'input': 'How many?', 'label': '4', 'uid': 'a'},
  {'input': 'Why?', 'label': '7', 'uid': 'b'},
  {'input': 'Who?', 'uid': 'c'},
]
_COMPLETIONS = [
  ['2 + 2. The answer is 4.\n\nQ: And then?\nA: The answer is 5.'],
  ['It is 8. The answer is 8', '\n\nQ: The answer is 9.'],
]


@pytest.fixture
def folder(tmp_path):
  """A table, and questions in the layout of the DSS release."""
  (tmp_path / 'x.csv').write_text(_CSV)
  lines = '\n'.join(map(json.dumps, _LINES))
  (tmp_path / 'own_dev.json').write_text(lines)
  (tmp_path / 'llm').mkdir()
  for number, texts in enumerate(_COMPLETIONS):
    (tmp_path / 'llm' / f'dev_CoT_{number}.json').write_text(json.dumps(texts))
  return tmp_path


@pytest.fixture
def main(monkeypatch, capsys):
  def run(gin, *flags, **bindings):
    given = (f'--gin.{name}={value}' for name, value in bindings.items())
    argv = ['ingest', f'--gin_file={gin}', *given, *flags]
    monkeypatch.setattr(sys, 'argv', argv)
    ingest.main()
    return capsys.readouterr().out

  return run


def _table(folder, **more):
  given = {
    'INPUT': folder / 'x.csv',
    'OUTPUT': folder / 'data',
    'RATIONALE': 'explanation',
    'LABEL': 'gold',
    'ANSWERS': '@answers.Number()',
  }
  return {**given, **more}


def _release(folder, **more):
  given = {
    'INPUT': folder,
    'NAME': 'own',
    'PART': 'dev',
    'TEACHER': 'gpt-4',
    'OUTPUT': folder / 'data',
  }
  return {**given, **more}


def test_a_table_becomes_a_split(folder, main):
  said = main('import_table.gin', **_table(folder, SPLIT='validation'))
  first, second = store.read(folder / 'data' / 'validation.jsonl')
  assert [one.text for one in first.rationales] == [
    '2 + 2 = 4.',
    '2 + 3 = 5.',
    'It is 4.',
  ]
  assert (first.label, second.rationales[0].answer) == ('4', None)
  assert first.rationales[1].extra == {'tag': 'y'}
  rows = dict(line.split('  ', 1) for line in said.splitlines() if '  ' in line)
  assert rows['questions'].strip() == '2, 0 without any sample'
  assert rows['of the vote'].strip().endswith('1 of 2')
  assert rows['usable for QCRD'].strip() == '1 of 2 questions'
  assert 'tokens' not in said


def test_a_vocabulary_counts_tokens(folder, main):
  said = main('import_table.gin', **_table(folder, VOCABULARY='embedded'))
  assert '\ntokens ' in said


def test_a_plan_shows_the_first_record_and_writes_nothing(folder, main):
  before = sorted(os.listdir(folder))
  said = main('import_table.gin', '--dry_run', **_table(folder, KEPT='()'))
  assert sorted(os.listdir(folder)) == before
  assert 'gold -> label\n' in said
  assert 'explanation -> rationales[].text\n' in said
  assert 'tag -> left out\n' in said
  assert 'records    2 with 4 rationales\n' in said
  record = json.loads(said.partition('first      ')[2])
  assert [one['answer'] for one in record['rationales']] == ['4', '5', '4.0']


@pytest.mark.parametrize('gin', ['import_table.gin', 'import_dss.gin'])
def test_a_plan_without_values(main, gin):
  said = main(gin, '--dry_run')
  assert said == 'input      <INPUT>\noutput     <OUTPUT>/train.jsonl\n'


@pytest.mark.parametrize(
  ('more', 'sentence'),
  [
    ({'INPUT': '{folder}/none.csv'}, 'none.csv: no such file'),
    ({'RATIONALE': 'explanatoin'}, 'right one by --gin.RATIONALE=explanation'),
    ({'OUTPUT': '{folder}/there'}, 'train.jsonl exists already; nothing is ov'),
    ({'SPLIT': 'a/b'}, "Import.split is 'a/b'"),
    ({'DELIMITER': ';;'}, "Table.delimiter is ';;'"),
    ({'KEPT': 'tag'}, 'KEPT'),
    ({'OUTPUT': 'gs://bucket/data'}, 'gs://bucket/data: expected a local path'),
    ({'VOCABULARY': '/nowhere'}, '/nowhere'),
  ],
)
@pytest.mark.parametrize('dry', [True, False])
def test_mistakes_are_one_line_and_leave_nothing(
  folder, main, capsys, more, sentence, dry
):
  (folder / 'there').mkdir()
  (folder / 'there' / 'train.jsonl').write_text('mine')
  more = {name: value.format(folder=folder) for name, value in more.items()}
  with pytest.raises(SystemExit):
    main('import_table.gin', *['--dry_run'] * dry, **_table(folder, **more))
  (line,) = capsys.readouterr().err.splitlines()
  assert sentence in line
  assert not (folder / 'data').exists()
  assert (folder / 'there' / 'train.jsonl').read_text() == 'mine'


def test_the_layout_of_the_release(folder, main):
  said = main('import_dss.gin', **_release(folder))
  first, second, third = store.read(folder / 'data' / 'train.jsonl')
  assert first.example_id == 'own/dev/0'
  assert (first.question, first.label) == ('How many?', '4')
  assert first.extra == {'uid': 'a'}
  (rationale,) = first.rationales
  assert rationale.text == '2 + 2. The answer is 4.'
  assert (rationale.answer, rationale.source) == ('4', 'gpt-4')
  assert second.rationales[0].answer == '8'
  assert (third.rationales, third.label) == ((), None)
  assert 'of the first sample   50.0%' in said


@pytest.mark.parametrize(
  ('more', 'sentence'),
  [
    ({'NAME': 'other'}, '<name>_<part>.json, there is own_dev.json; correct'),
    ({'QUESTION': 'question'}, "own_dev.json:1: no column 'question', expec"),
    ({'INPUT': '/nowhere'}, 'there is none; correct --gin.INPUT'),
  ],
)
def test_what_is_wrong_in_the_layout(folder, main, capsys, more, sentence):
  with pytest.raises(SystemExit):
    main('import_dss.gin', **_release(folder, **more))
  (line,) = capsys.readouterr().err.splitlines()
  assert sentence in line
  assert not (folder / 'data' / 'train.jsonl').exists()


def test_a_line_with_a_rationale_of_its_own_is_refused():
  with pytest.raises(ValueError, match='expected it in llm/ alone'):
    dss_formats.Named().fields({'input': 'Why?', 'rationale': 'So.'})


def test_rows_and_completions_must_be_as_many(folder, main, capsys):
  (folder / 'llm' / 'dev_CoT_1.json').write_text('["one"]')
  with pytest.raises(SystemExit):
    main('import_dss.gin', **_release(folder))
  assert (
    '2 completions in dev_CoT_*.json, expected 3' in capsys.readouterr().err
  )
  assert not list((folder / 'data').iterdir())


@pytest.mark.parametrize(
  ('data', 'name', 'part', 'format', 'right', 'total'),
  [
    ('svamp', 'svamp', 'train', 'Svamp', 588, 800),
    ('svamp', 'svamp', 'test', 'Svamp', 148, 200),
  ],
)
def test_the_release_of_svamp(
  tmp_path, main, data, name, part, format, right, total
):
  """As often right as the README of the data says."""
  said = main(
    'import_dss.gin',
    INPUT=shared.path(data),
    NAME=name,
    PART=part,
    TEACHER='PaLM-540B',
    OUTPUT=tmp_path / 'data',
    FORMAT=f'@dss_formats.{format}()',
    ANSWERS='@answers.Equation()',
  )
  assert f'{right} of {total}' in said


def test_the_release_as_its_own_readers_read_it(tmp_path, main):
  folder = shared.path('cqa')
  main(
    'import_dss.gin',
    INPUT=folder,
    NAME='cqa',
    PART='test',
    TEACHER='PaLM-540B',
    OUTPUT=tmp_path / 'data',
    FORMAT='@dss_formats.Cqa()',
  )
  found = list(store.read(tmp_path / 'data' / 'train.jsonl'))
  assert found == list(dss_cqa.CQA.read('test', str(folder)))


@pytest.mark.parametrize(
  ('raw', 'expected'),
  [
    ('So 4. The answer is (2 + 2).\n\nQ: x', '(2 + 2)'),
    ('The answer is (3).', '(3)'),
    ('It is 4.', ''),
    ('The answer is 4. No, the answer: 5. The answer is 5.', ''),
  ],
)
def test_what_a_completion_states(raw, expected):
  text, answer = dss_formats.Named().completion(raw)
  assert answer == expected
  assert text == dss_svamp.completion(raw)[0]
  assert answer == dss_svamp.completion(raw)[1]
