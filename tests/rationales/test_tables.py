"""Records of tables, read and written by other libraries than the package."""

import csv
import datetime
import json
import math
import subprocess
import sys

import pyarrow as pa
import pytest
from pyarrow import parquet

from distill_jax.rationales import columns as columns_lib
from distill_jax.rationales import record as record_lib
from distill_jax.rationales import store, tables
from tests.rationales import table_files as files


def _told(path, **named):
  columns = columns_lib.Columns(**named)
  reading = tables.Table(path=str(path), columns=columns).read()
  return [said for name, said in reading.told if name == 'column']


def test_rows_of_a_question_become_one_record_in_order(tmp_path):
  path = files.file(
    tmp_path,
    'question,label,rationale,answer,source,temperature\n'
    'Why?,b,First.,a,gpt-4,0.7\n'
    'Who?,,He.,he,,\n'
    'Why?,,Second.,b,gpt-4,1\n',
  )
  first, second = files.read(path)
  assert first == record_lib.Record(
    example_id='x/1',
    question='Why?',
    label='b',
    rationales=(
      record_lib.Rationale(
        text='First.', answer='a', source='gpt-4', temperature=0.7, sample=0
      ),
      record_lib.Rationale(
        text='Second.', answer='b', source='gpt-4', temperature=1.0, sample=1
      ),
    ),
  )
  assert (second.example_id, second.label) == ('x/2', None)
  assert second.rationales == (
    record_lib.Rationale(text='He.', answer='he', sample=0),
  )


def test_spaces_and_line_breaks_tell_no_questions_apart(tmp_path):
  """The same words, as an export of another system has them: three votes."""
  path = files.file(
    tmp_path,
    'question,label,rationale\n'
    '"How\nmany?",4,A.\n"How\r\nmany?",,B.\n"How many? ",4 ,C.\n',
  )
  (record,) = files.read(path)
  assert record.question == 'How\nmany?'
  assert (record.label, len(record.rationales)) == ('4', 3)


def test_a_cell_may_be_longer_than_csv_allows(tmp_path):
  before = csv.field_size_limit()
  long = 'so ' * 100_000
  path = files.file(tmp_path, f'question,rationale\nWhy?,"{long}"\n')
  (record,) = files.read(path)
  assert record.rationales[0].text == long
  assert csv.field_size_limit() == before


def test_rows_of_an_id_become_one_record(tmp_path):
  path = files.file(
    tmp_path,
    'id,question,rationale\n7,Why?,A.\n8,Why?,B.\n7,,C.\n',
  )
  first, second = files.read(path, example_id='id')
  assert (first.example_id, first.question) == ('7', 'Why?')
  assert [one.text for one in first.rationales] == ['A.', 'C.']
  assert second.example_id == '8'


def test_what_the_csv_module_writes_comes_back(tmp_path):
  """Quoted line breaks, quotes, delimiters, a byte order mark."""
  texts = [
    'a,b',
    'say "so"',
    'two\nlines',
    'two\r\nlines',
    ' edges ',
    'é×\u2028',
  ]
  path = tmp_path / 'x.csv'
  with path.open('w', newline='', encoding='utf-8-sig') as file:
    writer = csv.writer(file)
    writer.writerow(['question', 'rationale'])
    writer.writerows([f'{n}\n?', text] for n, text in enumerate(texts))
  records = files.read(path)
  assert [record.rationales[0].text for record in records] == texts
  assert [record.question for record in records][1] == '1\n?'


@pytest.mark.parametrize(
  ('name', 'sign', 'delimiter'),
  [('x.tsv', '\t', None), ('x.csv', ';', ';'), ('x.CSV', ',', None)],
)
def test_delimiters(tmp_path, name, sign, delimiter):
  path = files.file(
    tmp_path,
    f'question{sign}label\nWhy?{sign}4,5\n'.replace(
      '4,5', '45' if sign == ',' else '4,5'
    ),
    name,
  )
  (record,) = files.read(path, delimiter=delimiter)
  assert record.label == ('45' if sign == ',' else '4,5')


@pytest.mark.parametrize(
  'label', ['42', '42.0', '1.50', '1e3', '( 84 / 2 )', '-7', '007', ' 5 ']
)
def test_a_label_of_a_csv_stays_as_it_is_written(tmp_path, label):
  (record,) = files.read(
    files.file(tmp_path, f'question,label\nWhy?,{label}\n')
  )
  assert record.label == label


@pytest.mark.parametrize(
  ('written', 'label'),
  [
    ('42', '42'),
    ('42.0', '42.0'),
    ('1.50', '1.50'),
    ('1e3', '1e3'),
    ('12345678901234567890123', '12345678901234567890123'),
    ('"( 84 / 2 )"', '( 84 / 2 )'),
    ('true', 'true'),
    ('null', None),
    ('""', None),
    ('NaN', None),
  ],
)
def test_a_label_of_json_stays_as_it_is_written(tmp_path, written, label):
  path = files.jsonl(tmp_path, f'{{"question": "Why?", "label": {written}}}')
  (record,) = files.read(path)
  assert record.label == label
  assert json.loads(json.dumps(record_lib.to_json(record)))['label'] == label


@pytest.mark.parametrize(
  ('column', 'labels'),
  [
    (pa.array([42, None]), ['42', None]),
    (pa.array([42.0, math.nan]), ['42', None]),
    (pa.array([0.1, 1e300]), ['0.1', '1e+300']),
    (pa.array(['( 84 / 2 )', '']), ['( 84 / 2 )', None]),
    (pa.array([True, False]), ['true', 'false']),
    (pa.array(['a', 'b']).dictionary_encode(), ['a', 'b']),
    (pa.array([datetime.date(2026, 5, 17), None]), ['2026-05-17', None]),
    (
      pa.array([1_000_000_001, None], pa.timestamp('ns')),
      ['1970-01-01 00:00:01.000000001', None],
    ),
    (pa.array(['4.20', None]).cast(pa.decimal128(9, 2)), ['4.20', None]),
  ],
)
def test_a_label_of_parquet(tmp_path, column, labels):
  path = tmp_path / 'x.parquet'
  parquet.write_table(
    pa.table({'question': ['A?', 'B?'], 'label': column}), path
  )
  assert [record.label for record in files.read(path)] == labels


def test_lists_and_structures_of_parquet(tmp_path):
  path = tmp_path / 'x.parquet'
  rows = {
    'question': ['A?'],
    'choices': [['ice', 'fire']],
    'rationales': [[{'text': 'It is cold.', 'answer': 'a', 'sample': 3}]],
    'scores': [[1, 2]],
  }
  parquet.write_table(pa.table(rows), path)
  (record,) = files.read(path)
  assert record.choices == ('ice', 'fire')
  assert record.rationales == (
    record_lib.Rationale(text='It is cold.', answer='a', sample=3),
  )
  assert record.extra == {'scores': [1, 2]}


def test_a_list_of_texts(tmp_path):
  path = files.jsonl(
    tmp_path,
    {
      'question': 'Why?',
      'answer': 'b',
      'rationales': ['First.', '', 'Second.'],
      'said': ['a', None, 'b'],
      'source': 'gpt-4',
      'tag': 5,
    },
  )
  (record,) = files.read(path, label='answer', answer='said')
  assert record.label == 'b'
  assert record.rationales == (
    record_lib.Rationale(text='First.', answer='a', source='gpt-4', sample=0),
    record_lib.Rationale(text='Second.', answer='b', source='gpt-4', sample=1),
  )
  assert record.extra == {'tag': 5}


def test_our_own_format_comes_back(tmp_path):
  record = record_lib.Record(
    example_id='shop/1',
    question='How many?',
    label='( 2 * 3 )',
    choices=('5', '6'),
    passages=(record_lib.Passage(id='1', text='Ice.', score=0.5),),
    rationales=(
      record_lib.Rationale(
        text='So.',
        answer='6',
        source='gpt-4',
        temperature=0.7,
        sample=4,
        passages=(record_lib.Passage(id='2', text='Bees.', extra={'a': 1}),),
        extra={'finish': 'length'},
      ),
    ),
    extra={'gold_passages': ['1'], 'n': 1.5},
  )
  path = tmp_path / 'x.jsonl'
  store.write(path, [record])
  assert files.read(path) == [record]


def test_choices_with_letters_as_on_the_hub(tmp_path):
  choices = {'text': ['ice', 'fire'], 'label': ['A', 'B']}
  path = files.jsonl(tmp_path, {'question': 'Why?', 'choices': choices})
  assert files.read(path)[0].choices == ('ice', 'fire')


@pytest.mark.parametrize(
  'written',
  ['ice|fire', 'ice | fire', '["ice", "fire"]', ' ["ice","fire"] '],
)
def test_choices_in_one_text(tmp_path, written):
  quoted = written.replace('"', '""')
  path = files.file(tmp_path, f'question,choices\nWhy?,"{quoted}"\n')
  (record,) = files.read(path)
  assert record.choices == ('ice', 'fire')


def test_choices_that_are_numbers_stay_as_they_are_written(tmp_path):
  path = files.jsonl(tmp_path, '{"question": "Why?", "choices": [1.50, 2]}')
  assert files.read(path)[0].choices == ('1.50', '2')


def test_further_columns(tmp_path):
  text = 'question,rationale,score,topic,text\nWhy?,A.,0.5,x,t\nWhy?,B.,,x,\n'
  path = files.file(tmp_path, text)
  (record,) = files.read(path, of_question=('topic',))
  assert record.extra == {'topic': 'x'}
  # 'text' would be read as that of the rationale, were it called so.
  assert [one.extra for one in record.rationales] == [
    {'score': '0.5', 'text_column': 't'},
    {},
  ]
  assert _told(path, of_question=('topic',), kept=('score',)) == [
    'question -> question',
    'rationale -> rationales[].text',
    'score -> rationales[].score',
    'topic -> topic',
    'text -> left out',
  ]
  (record,) = files.read(path, kept=())
  assert not record.extra
  assert not record.rationales[0].extra


def test_a_column_is_one_thing(tmp_path):
  text = 'question,label,answer\nWhy?,old,new\n'
  (record,) = files.read(files.file(tmp_path, text), label='answer')
  assert record.label == 'new'
  assert record.extra == {'label_column': 'old'}
  with pytest.raises(ValueError, match="'x' is named twice"):
    columns_lib.Columns(label='x', answer='x')


def test_questions_alone_keep_all_their_columns(tmp_path):
  path = files.file(tmp_path, 'question,answer,source\nWhy?,x,book\n')
  (record,) = files.read(path)
  assert record.rationales == ()
  assert record.extra == {'answer': 'x', 'source': 'book'}


def test_an_answer_without_a_rationale_is_told(tmp_path):
  path = files.file(tmp_path, 'question,rationale,answer\nWhy?,,4\nWhy?, ,\n')
  reading = tables.Table(path=str(path)).read()
  (record,) = reading.records
  assert record.rationales == ()
  assert dict(reading.told)['lost'].endswith(': 1')


def test_a_name_for_each_column_without_one(tmp_path):
  """As pandas writes its index."""
  (record,) = files.read(files.file(tmp_path, ',question\n0,Why?\n'))
  assert record.extra == {'column_1': '0'}


_LARGE = """
import re, sys
from distill_jax.rationales import tables

def used():
  status = open('/proc/self/status').read()
  return int(re.search(r'VmHWM:\\s+(\\d+)', status)[1])

before = used()
records = list(tables.Table(path=sys.argv[1]).read().records)
answers = [one.answer for one in records[7].rationales]
print(len(records), ','.join(answers), used() - before)
"""


def test_a_hundred_thousand_rows(tmp_path):
  """20,000 questions of 5 rows that are far apart; about 1 kB for a row."""
  path = tmp_path / 'x.csv'
  with path.open('w') as file:
    file.write('question,label,rationale,answer,source\n')
    for row in range(100_000):
      asked = row % 20_000
      file.write(f'How many {asked}?,{asked},It is {row}.,{row},gpt-4\n')
  done = subprocess.run(
    [sys.executable, '-c', _LARGE, path],
    capture_output=True,
    text=True,
    check=True,
  )
  questions, answers, used = done.stdout.split()
  assert questions == '20000'
  assert answers == '7,20007,40007,60007,80007'
  assert int(used) < 150_000  # kB
