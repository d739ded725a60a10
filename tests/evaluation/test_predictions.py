import contextlib
import json

import pytest
from etils import epath

from distill_jax.evaluation import predictions


def test_a_json_object_per_line(tmp_path):
  path = epath.Path(tmp_path) / 'predictions' / 'a.jsonl'
  rows = [{'prediction': '3 × 4\n'}, {'prediction': ''}]
  predictions.write(path, rows)
  lines = path.read_text().splitlines()
  assert [json.loads(line) for line in lines] == rows
  assert [child.name for child in path.parent.iterdir()] == ['a.jsonl']


def test_a_failure_keeps_the_old_file(tmp_path):
  path = epath.Path(tmp_path) / 'a.jsonl'
  predictions.write(path, [{'a': 1}])

  def rows():
    yield {'a': 2}
    raise RuntimeError('the student failed')

  with contextlib.suppress(RuntimeError):
    predictions.write(path, rows())
  assert path.read_text() == '{"a": 1}\n'
  assert [child.name for child in path.parent.iterdir()] == ['a.jsonl']


def test_the_file_aside_is_there_before_the_first_row(tmp_path):
  path = epath.Path(tmp_path) / 'a.jsonl'

  def rows():
    assert (tmp_path / 'a.jsonl.part').exists()
    yield {'a': 1}

  predictions.write(path, rows())
  assert path.exists()


@pytest.mark.parametrize('there', ['folder', 'file/a.jsonl'])
def test_an_impossible_path_asks_for_no_row(tmp_path, there):
  (tmp_path / 'folder').mkdir()
  (tmp_path / 'file').touch()

  def rows():
    raise AssertionError('a row was asked for')
    yield

  with pytest.raises(OSError, match=there.partition('/')[0]):
    predictions.write(epath.Path(tmp_path) / there, rows())
