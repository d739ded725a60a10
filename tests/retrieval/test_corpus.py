"""Files of passages: what is read and what is refused."""

import gzip
import hashlib

import pytest

from distill_jax.retrieval import corpus

_FORMS = {
  'facts.jsonl': (
    '{"id": "a", "text": "Ice floats.", "title": "Ice", "more": 1}\n'
    '\n'
    '{"id": "b", "text": "caf\u00e9 \u2028 bar", "title": null}\n'
  ),
  'facts.tsv': 'a\tIce floats.\tIce\n\nb\tcaf\u00e9 \u2028 bar\n',
}
_READ = [('a', 'Ice: Ice floats.'), ('b', 'caf\u00e9 \u2028 bar')]


def _read(path):
  found = corpus.Corpus(path=str(path)).passages()
  return [(passage.id, passage.text) for passage in found]


def _file(folder, name, data):
  path = folder / name
  data = data.encode() if isinstance(data, str) else data
  path.write_bytes(gzip.compress(data) if name.endswith('.gz') else data)
  return path


@pytest.mark.parametrize('end', ['', '.gz'])
@pytest.mark.parametrize('name', _FORMS)
def test_forms_with_ids(tmp_path, name, end):
  assert _read(_file(tmp_path, name + end, _FORMS[name])) == _READ


@pytest.mark.parametrize('end', ['', '.gz'])
def test_plain_text_is_numbered_by_line(tmp_path, end):
  path = _file(tmp_path, 'f.txt' + end, '\ufeffone\r\n\n  two \nthree')
  assert _read(path) == [('1', 'one'), ('3', 'two'), ('4', 'three')]


@pytest.mark.parametrize('header', ['id\ttext\n', 'id\ttext\ttitle\r\n'])
def test_a_header_of_columns_is_passed_over(tmp_path, header):
  path = _file(tmp_path, 'f.tsv', header + 'id\ttext\n')
  assert _read(path) == [('id', 'text')]


@pytest.mark.parametrize(
  ('name', 'data', 'sentence'),
  [
    ('f.txt', '', 'f.txt: no passage in it, expected one on each line'),
    ('f.jsonl', '\n \n', 'f.jsonl: no passage in it'),
    ('f.tsv', 'id\ttext\n', 'f.tsv: no passage in it'),
    ('f.txt.gz', '', 'f.txt.gz: no passage in it'),
    ('f.jsonl', '{"id": "a", "text": "b"}\n{', r'f.jsonl:2: no JSON \(Expect'),
    ('f.jsonl', '{"id": "a"}', "f.jsonl:1: passage: no 'text'"),
    ('f.jsonl', '{"id": 1, "text": "b"}', "'id' is int 1, expected text in"),
    ('f.jsonl', '["a"]', r"f.jsonl:1: passage: got list \['a'\], expected a"),
    ('f.tsv', 'a\tb\na', 'f.tsv:2: 1 columns, expected id, text and'),
    ('f.tsv', 'a\tb\tc\td', 'f.tsv:1: 4 columns'),
    ('f.tsv', 'a\t \n', 'f.tsv:1: an empty text'),
    ('f.tsv', 'a\tb\nc\td\na\te', "f.tsv:3: id 'a' was used in line 1 already"),
    ('f.txt', b'ok\ncaf\xe9\n', r'f.txt:2: not UTF-8 .* byte 3'),
    ('f.csv', 'a', r"f.csv', expected a name that ends in .jsonl, .tsv, .txt"),
    ('f.gz', 'a', r"f.gz', expected a name"),
  ],
)
def test_errors_name_file_and_line(tmp_path, name, data, sentence):
  with pytest.raises(ValueError, match=sentence):
    _read(_file(tmp_path, name, data))


def test_a_missing_file(tmp_path):
  with pytest.raises(ValueError, match=r'none.txt: no such file, expected'):
    _read(tmp_path / 'none.txt')


def test_what_is_no_gzip(tmp_path):
  path = tmp_path / 'f.txt.gz'
  path.write_bytes(b'plain text\n')
  with pytest.raises(ValueError, match=r'f.txt.gz:1: not gzip'):
    _read(path)


def test_a_gzip_that_is_cut_off(tmp_path):
  path = tmp_path / 'f.txt.gz'
  lines = ''.join(
    f'{hashlib.sha256(bytes([i])).hexdigest()}\n' for i in range(99)
  )
  path.write_bytes(gzip.compress(lines.encode())[:-20])
  with pytest.raises(ValueError, match=r'f.txt.gz:\d+: not gzip, or cut off'):
    _read(path)


def test_passages_are_streamed(tmp_path):
  path = _file(tmp_path, 'f.tsv', 'a\tb\nc\td\nwrong\n')
  found = corpus.Corpus(path=str(path)).passages()
  assert [next(found).id, next(found).id] == ['a', 'c']
  with pytest.raises(ValueError, match=':3:'):
    next(found)


def test_the_fingerprint_is_of_the_bytes(tmp_path):
  path = _file(tmp_path, 'f.txt', 'one\n')
  found = corpus.Corpus(path=str(path)).fingerprint()
  assert found == hashlib.sha256(b'one\n').hexdigest()
