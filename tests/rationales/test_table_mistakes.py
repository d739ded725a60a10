"""What is wrong with a table is told in one sentence."""

import pyarrow as pa
import pytest
from pyarrow import parquet

from distill_jax.rationales import store
from tests.rationales import table_files as files


def _wrong(path, **named):
  with pytest.raises(ValueError) as error:
    files.read(path, **named)
  said = str(error.value)
  assert '\n' not in said
  return said


@pytest.mark.parametrize(
  ('text', 'named', 'sentence'),
  [
    (
      'Question,label\nWhy?,4\n',
      {},
      "'Question', 'label'; name the right one by --gin.QUESTION=Question",
    ),
    ('question,label\nWhy?,4\n', {'rationale': 'labels'}, "no column 'labels'"),
    ('question,label\nWhy?,4\n', {'kept': ('score',)}, "no column 'score'"),
    ('question;label\nWhy?;4\n', {}, "one column 'question;label', expected"),
    ('question,label\nWhy?\n', {}, 'x.csv:2: 1 cells, expected 2 as in the'),
    ('question,label\n\n"a\nb",4\nWhy?,4,5\n', {}, 'x.csv:5: 3 cells, expec'),
    ('question,label\n"Why?,4\n', {}, 'x.csv:2: unexpected end of data; clos'),
    ('question,label\rWhy?,4\r', {}, 'and end lines with a line feed'),
    (f'question\n"{"x" * 200_000}\n', {}, 'x.csv:2: unexpected end of data'),
    ('question,label\n"Why"?,4\n', {}, "x.csv:2: ',' expected after '\"'"),
    ('question,question\nWhy?,4\n', {}, "column 'question' stands there twice"),
    ('', {}, 'empty, expected the names of the columns'),
    ('question,label\n', {}, 'no row in it'),
    ('question,label\n,4\n', {}, 'x.csv:2: neither a question nor an exampl'),
    (b'question\nCaf\xe9?\n', {}, 'x.csv:2: not UTF-8 (invalid continuation'),
    ('question,label\n'.encode('utf-16'), {}, 'x.csv:1: not UTF-8'),
    (
      'question,rationale,temperature\nWhy?,A.,hot\n',
      {},
      "x.csv:2: column 'temperature' is 'hot', expected a number; correct",
    ),
    ('question,rationale,sample\nWhy?,A.,1.5\n', {}, 'expected a whole number'),
    (
      'question,choices\nWhy?,a;b\n',
      {},
      "column 'choices' is 'a;b', expected a JSON list or texts with '|' bet",
    ),
    ('question,choices\nWhy?,a||b\n', {}, 'has an empty choice'),
    (
      'question,label\nWhy?,4\nWhy?,5\n',
      {},
      "x.csv:3: label '5', but '4' before it for 'x/1', which begins at ",
    ),
    ('question,choices\nWhy?,a|b\nWhy?,a|c\n', {}, 'x.csv:3: choices'),
    ('example_id,question\n1,Why?\n1,Who?\n', {}, "x.csv:3: question 'Who?'"),
    ('example_id,label\n1,a\n', {}, "no column 'question', expected it among"),
    ('example_id,question\n1,\n', {}, "x.csv:2: no question for '1'"),
    ('example_id,question\nx/2,Why?\n,Who?\n', {}, 'two questions are called '),
  ],
)
def test_what_is_wrong_in_a_csv(tmp_path, text, named, sentence):
  assert sentence in _wrong(files.file(tmp_path, text), **named)


@pytest.mark.parametrize(
  ('rows', 'sentence'),
  [
    (['[1]'], 'x.jsonl:1: got list'),
    (['{"question": "Why?"}', '{"q'], 'x.jsonl:2: no JSON'),
    (
      [{'question': ['Why?']}],
      "column 'question' is list ['Why?'], expected t",
    ),
    ([{'question': 'Why?', 'rationales': 'A.'}], "column 'rationales' is str "),
    (
      [{'question': 'Why?', 'rationales': [{'text': 'A.', 'sample': 'one'}]}],
      "rationales[0]: rationale: 'sample' is str 'one', expected a whole num",
    ),
    (
      [{'question': 'Why?', 'rationales': ['A.'], 'answer': ['a', 'b']}],
      '1 rationales and 2 answers, expected as many',
    ),
    (
      [{'question': 'Why?', 'rationales': ['A.'], 'answer': 'a'}],
      "column 'answer' is str 'a', expected a list",
    ),
    (
      [{'question': 'Why?', 'rationales': ['A.'], 'rationale': 'B.'}],
      'a rationale and a list of them in one row',
    ),
    (
      [{'question': 'Why?', 'passages': [{'id': 'a'}]}],
      'passages[0]: passage: ',
    ),
    (['{"question": "Why?", "score": Infinity}'], "column 'score' is inf, exp"),
    ([{'q': 'Why?'}, {'q': 'Who?'}], "no column 'question', expected it among"),
  ],
)
def test_what_is_wrong_in_json_lines(tmp_path, rows, sentence):
  assert sentence in _wrong(files.jsonl(tmp_path, *rows))


def test_half_a_character_is_told_before_anything_is_written(tmp_path):
  path = files.jsonl(tmp_path, '{"question": "Why \\ud800?"}')
  with pytest.raises(ValueError, match='1: half a character'):
    store.write(tmp_path / 'out.jsonl', files.read(path))
  assert not (tmp_path / 'out.jsonl').exists()


def test_bytes_are_no_text(tmp_path):
  path = tmp_path / 'x.parquet'
  parquet.write_table(pa.table({'question': ['Why?'], 'raw': [b'x']}), path)
  said = _wrong(path)
  assert "x.parquet, row 1: column 'raw' is bytes b'x', expected text" in said
  assert files.read(path, kept=())


def test_a_damaged_parquet_file(tmp_path):
  path = tmp_path / 'x.parquet'
  parquet.write_table(pa.table({'question': ['Why?'] * 5000}), path)
  whole = path.read_bytes()
  for damaged in (b'', b'PAR1', whole[: len(whole) // 2], b'x' * 100):
    path.write_bytes(damaged)
    assert 'expected a whole Parquet file' in _wrong(path)


def test_other_files_are_refused(tmp_path):
  assert 'expected a name that ends in .jsonl' in _wrong(tmp_path / 'x.xlsx')
  assert 'no such file' in _wrong(tmp_path / 'none.csv')
