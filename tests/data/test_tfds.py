"""E-SNLI and ANLI through TensorFlow Datasets, with its made-up data."""

import importlib
import itertools
import json
from concurrent import futures

import pytest

from distill_jax.data import tfds
from distill_jax.rationales import dss_nli, record, store
from tests.data import mocked_tfds_rows

LAYOUTS = {'esnli_tfds': dss_nli.ESNLI, 'anli1_tfds': dss_nli.ANLI1}
NAMES = {'esnli_tfds': 'esnli:0.1.0', 'anli1_tfds': 'anli/r1:0.1.0'}


@pytest.fixture(scope='module')
def made():
  """Rows of each data set, once through the child process."""
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(tfds, 'MODULE', mocked_tfds_rows.__name__)
    with futures.ThreadPoolExecutor() as pool:  # each waits for TensorFlow
      found = pool.map(
        lambda name: list(tfds.rows(name, 'validation')), NAMES.values()
      )
      return dict(zip(NAMES, found))


@pytest.fixture(params=sorted(LAYOUTS))
def task(request, made, monkeypatch):
  rows = made[request.param]
  monkeypatch.setattr(tfds, 'rows', lambda name, split: iter(rows))
  return request.param


def _read(task, folder, split='validation'):
  data_set = importlib.import_module(f'distill_jax.tasks.{task}').DATA_SET
  return list(data_set.records(split, str(folder)))


def _release(task, rows, folder, part='valid'):
  """The release of these rows, the last one first."""
  name = LAYOUTS[task].name
  rows = [
    {**row, 'premise': row.get('context', row.get('premise'))} for row in rows
  ][::-1]
  lines = ''.join(json.dumps(row) + '\n' for row in rows)
  (folder / f'{name}_{part}.json').write_text(lines)
  (folder / 'llm').mkdir()
  raw = [f'Reason {row["premise"]} {row["hypothesis"]}.' for row in rows]
  (folder / 'llm' / f'{part}_CoT_0.json').write_text(json.dumps(raw))


def test_rows_are_those_of_tensorflow_datasets(made):
  for task, rows in made.items():
    assert len(rows) == mocked_tfds_rows.ROWS
    first = {'esnli_tfds': 'premise', 'anli1_tfds': 'context'}[task]
    assert all(isinstance(row[first], str) for row in rows)
    assert {row['label'] for row in rows} <= {0, 1, 2}
  assert all(row['uid'] for row in made['anli1_tfds'])


def test_each_row_gets_its_own_completion(task, made, tmp_path):
  _release(task, made[task], tmp_path)
  found = _read(task, tmp_path)
  assert len(found) == len(made[task])
  for number, (row, item) in enumerate(zip(made[task], found)):
    premise = row.get('context', row.get('premise'))
    assert item.question == f'{premise}</s>{row["hypothesis"]}'
    assert item.label == dss_nli.LABELS[row['label']]
    assert item.example_id == f'{LAYOUTS[task].name}/valid/{number}'
    (rationale,) = item.rationales
    assert rationale.text == f'Reason {premise} {row["hypothesis"]}.'


def test_a_row_that_the_release_lacks_is_named(task, made, tmp_path):
  _release(task, made[task][1:], tmp_path)
  with pytest.raises(
    ValueError, match=r'validation, row 0: .*_valid.json has no row .*, expect'
  ):
    _read(task, tmp_path)


def test_a_uid_with_another_question_is_named(made, tmp_path, monkeypatch):
  rows = made['anli1_tfds']
  _release('anli1_tfds', rows, tmp_path)
  changed = [{**rows[0], 'hypothesis': 'Another.'}, *rows[1:]]
  monkeypatch.setattr(tfds, 'rows', lambda name, split: iter(changed))
  with pytest.raises(
    ValueError, match=r'row 0: the question is .*valid.json:12 .* under one uid'
  ):
    _read('anli1_tfds', tmp_path)


def test_a_store_without_the_release(task, made, tmp_path):
  row = made[task][3]
  premise = row.get('context', row.get('premise'))
  told = record.Record(
    example_id='mine/3',
    question=f'{premise}</s>{row["hypothesis"]}',
    rationales=(record.Rationale(text='So.', answer='neutral'),),
  )
  store.write(tmp_path / 'rationales.jsonl', [told])
  counts = [len(r.rationales) for r in _read(task, tmp_path, 'train')]
  assert counts == [0, 0, 0, 1] + [0] * 8


def test_a_reader_that_stops_early_leaves_no_child(monkeypatch):
  monkeypatch.setattr(tfds, 'MODULE', mocked_tfds_rows.__name__)
  assert len(list(itertools.islice(tfds.rows('esnli', 'test'), 2))) == 2


def test_a_failing_child_says_why(monkeypatch):
  monkeypatch.setattr(tfds, 'MODULE', mocked_tfds_rows.__name__)
  with pytest.raises(ValueError, match=r'nosuch test: TensorFlow Datasets end'):
    list(tfds.rows('nosuch', 'test'))
