"""An index whose files are not what was written."""

import json
import os

import numpy as np
import pytest

from distill_jax.retrieval import bm25, corpus

_FILES = (
  'data.csc.index.npy',
  'indices.csc.index.npy',
  'indptr.csc.index.npy',
  'params.index.json',
  'passages.bin',
  'starts.npy',
  'vocab.index.json',
)
_MEND = 'remove the folder, and it is built again'


def _engine(folder):
  (folder / 'facts.txt').write_text('ice floats\nwater boils\nbees hum\n')
  return bm25.BM25(
    corpus=corpus.Corpus(path=str(folder / 'facts.txt')),
    index_dir=str(folder / 'index'),
  )


@pytest.fixture
def folder(tmp_path):
  assert _engine(tmp_path).search(['ice'], 1)[0]
  return tmp_path


def _sentence(folder):
  """What is said, in one line; asked anew as by another process."""
  with pytest.raises(ValueError, match='the index is damaged') as caught:
    _engine(folder).search(['ice'], 1)
  said = str(caught.value)
  assert '\n' not in said
  assert said.startswith(str(folder / 'index'))
  assert said.endswith(_MEND)
  return said


def test_the_index_names_all_its_files(folder):
  said = json.loads((folder / 'index' / 'index.json').read_text())
  assert tuple(said['files']) == _FILES


@pytest.mark.parametrize('name', _FILES)
def test_a_file_is_missing(folder, name):
  (folder / 'index' / name).unlink()
  assert f'{name} is missing, expected' in _sentence(folder)


@pytest.mark.parametrize('name', _FILES)
def test_a_file_is_cut_off(folder, name):
  path = folder / 'index' / name
  data = path.read_bytes()
  path.write_bytes(data[:-1])
  expected = f'{name} has {len(data) - 1:,} bytes, expected {len(data):,} bytes'
  assert expected in _sentence(folder)


@pytest.mark.parametrize(
  ('name', 'kind'),
  [('data', 'int32'), ('indices', 'float32'), ('indptr', 'float64')],
)
def test_numbers_of_another_kind(folder, name, kind):
  path = folder / 'index' / f'{name}.csc.index.npy'
  array, size = np.load(path), path.stat().st_size
  np.save(path, array.astype(kind))
  assert path.stat().st_size == size
  assert f'{name} is {kind} {array.shape}, expected' in _sentence(folder)


def test_words_of_another_index(folder):
  path = folder / 'index' / 'vocab.index.json'
  text = path.read_text()
  path.write_text(' ' * (len(text) - 2) + '{}')
  assert '6 words, expected 0' in _sentence(folder)


def test_no_json(folder):
  path = folder / 'index' / 'vocab.index.json'
  path.write_text('x' * len(path.read_text()))
  assert 'Expecting value' in _sentence(folder)


def test_an_index_of_an_older_layout(folder):
  path = folder / 'index' / 'index.json'
  said = json.loads(path.read_text())
  del said['layout']
  path.write_text(json.dumps(said))
  with pytest.raises(ValueError, match='built with layout None, expected 2'):
    _engine(folder).search(['ice'], 1)


def test_it_is_built_again(folder):
  before = _engine(folder).search(['ice hums'], 2)
  for path in (folder / 'index').iterdir():
    path.unlink()
  (folder / 'index').rmdir()
  assert _engine(folder).search(['ice hums'], 2) == before


def test_what_a_killed_builder_left_is_removed_after_a_day(tmp_path):
  old, new = tmp_path / '.index.0a', tmp_path / '.index.0b'
  for leftover in (old, new):
    leftover.mkdir()
    (leftover / 'starts.npy').write_text('half')
  os.utime(old, (0, 0))
  assert _engine(tmp_path).search(['ice'], 1)[0]
  assert not old.exists()
  assert new.exists(), 'another builder may still be at work'
