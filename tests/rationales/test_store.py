"""Files of records: what is read, what is refused, what survives."""

import json
import os

import pytest

from distill_jax.rationales import record, store


def _file(folder, *lines, name='train.jsonl'):
  path = folder / name
  path.write_bytes(b''.join(line.encode() + b'\n' for line in lines))
  return path


_GOOD = '{"question": "Why?", "rationales": [{"text": "So."}]}'


def test_write_then_read(tmp_path):
  records = [
    record.Record(
      example_id=f'shop/{i}',
      question='Combien ? \u00e9\u2028 "so"\n',
      rationales=(record.Rationale(text='6 < 7', extra={'k': [1]}),),
      extra={'split': 'train'},
    )
    for i in range(3)
  ]
  path = tmp_path / 'new' / 'store.jsonl'
  store.write(path, iter(records))
  assert list(store.read(path)) == records
  assert os.listdir(path.parent) == ['store.jsonl']
  assert len(path.read_text(encoding='utf-8').split('\n')) == 4


def test_an_error_while_writing_leaves_what_was_there(tmp_path):
  path = tmp_path / 'store.jsonl'
  old = record.Record(example_id='1', question='Why?')
  store.write(path, [old])

  def breaking():
    yield record.Record(example_id='2', question='Who?')
    raise RuntimeError('the teacher went home')

  with pytest.raises(RuntimeError):
    store.write(path, breaking())
  assert list(store.read(path)) == [old]
  assert os.listdir(tmp_path) == ['store.jsonl']


def test_names_come_from_file_and_line(tmp_path):
  path = _file(tmp_path, _GOOD, '', _GOOD)
  assert [r.example_id for r in store.read(path)] == ['train/1', 'train/3']
  assert [r.place for r in store.read(path)] == [f'{path}:1', f'{path}:3']


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
  path = _file(tmp_path, '\ufeff' + _GOOD, _GOOD)
  assert len(list(store.read(path))) == 2


@pytest.mark.parametrize(
  ('lines', 'sentence'),
  [
    ((), 'train.jsonl: empty, expected one JSON object per line'),
    (('', ' '), 'train.jsonl: empty, expected'),
    ((_GOOD, '{"question": "Wh'), r'train.jsonl:2: no JSON \(Unterminated'),
    ((_GOOD, "{'question': 'q'}"), 'train.jsonl:2: no JSON .* double quotes'),
    ((_GOOD, '{"a": 1} {"b": 2}'), 'train.jsonl:2: no JSON .* on one line'),
    (('[' * 100_000,), 'train.jsonl:1: no JSON'),
    ((_GOOD, '{"label": "3"}'), "train.jsonl:2: record: no 'question'"),
    (
      (_GOOD, '{"question": "q", "rationales": [{"answer": "3"}]}'),
      r"train.jsonl:2: rationales\[0\]: rationale: no 'text'",
    ),
    (('[1]',), r'train.jsonl:1: record: got list \[1\], expected a JSON obj'),
    (
      ('{"example_id": "a", "question": "q"}', _GOOD) * 2,
      "train.jsonl:3: example_id 'a' was used in line 1 already",
    ),
  ],
)
def test_errors_name_file_and_line(tmp_path, lines, sentence):
  with pytest.raises(ValueError, match=sentence):
    list(store.read(_file(tmp_path, *lines)))


def test_missing_file(tmp_path):
  with pytest.raises(ValueError, match=r'none.jsonl: no such file, expected'):
    list(store.read(tmp_path / 'none.jsonl'))


def test_not_utf8(tmp_path):
  path = tmp_path / 'train.jsonl'
  path.write_bytes(_GOOD.encode() + b'\n{"question": "caf\xe9"}\n')
  with pytest.raises(ValueError, match=r'train.jsonl:2: not UTF-8 .* byte 17'):
    list(store.read(path))


def test_records_before_the_wrong_one_are_read(tmp_path):
  records = store.read(_file(tmp_path, _GOOD, '{'))
  assert next(records).question == 'Why?'
  with pytest.raises(ValueError, match=':2:'):
    next(records)


def test_what_is_written_is_plain_json(tmp_path):
  path = tmp_path / 'store.jsonl'
  store.write(path, [record.Record(example_id='1', question='\u00e9?')])
  assert json.loads(path.read_text(encoding='utf-8')) == {
    'example_id': '1',
    'question': '\u00e9?',
    'label': None,
    'choices': None,
    'passages': [],
    'rationales': [],
  }
