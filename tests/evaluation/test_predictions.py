import contextlib
import json

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
