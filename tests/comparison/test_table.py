"""Runs on disk to a table, with numbers worked out by hand."""

import dataclasses
import json

import numpy as np
import pytest

from distill_jax.comparison import grid, plots, report, results, running, table

_COMPARISON = {
  'rows': (
    grid.Row(name='DSS', gin_files=('dss_tiny.gin',)),
    grid.Row(name='QCRD (ours)', gin_files=('qcrd_tiny.gin',)),
  ),
  'baseline': 'DSS',
  'seeds': (3, 4),
}


def _comparison(folder, **changes) -> grid.Comparison:
  return grid.Comparison(results_dir=str(folder), **{**_COMPARISON, **changes})


def _answer(cell: grid.Cell, right: str, names: str = 'abcd') -> None:
  """Leaves a finished run; `right` holds a 1 or 0 for each question."""
  for folder in ('eval', 'predictions'):
    (cell.folder / folder).mkdir(parents=True)
  said = {'split': 'test', 'accuracy': 0.0}
  (cell.folder / 'eval' / 'task.json').write_text(json.dumps(said))
  (cell.folder / 'eval' / 'critic.json').write_text('{"teacher": {}}')
  lines = [
    json.dumps({'example_id': name, 'correct': one == '1'})
    for name, one in zip(names, right)
  ]
  path = cell.folder / 'predictions' / 'task.jsonl'
  path.write_text('\n'.join(lines) + '\n')
  done = {
    'arguments': list(cell.arguments),
    'config': '',
    'splits': [],
    'seconds': 1.5,
  }
  (cell.folder / running.DONE).write_text(json.dumps(done))


def test_cells_are_whole_seeds_first(tmp_path):
  comparison = _comparison(tmp_path, shares=(0.25, 1.0), bindings=('STEPS=5',))
  cells = list(comparison.cells())
  assert [(one.seed, one.share, one.row) for one in cells[:4]] == [
    (3, 0.25, 'DSS'),
    (3, 0.25, 'QCRD (ours)'),
    (3, 1.0, 'DSS'),
    (3, 1.0, 'QCRD (ours)'),
  ]
  assert len(cells) == 8
  last = cells[-1]
  assert last.folder == tmp_path / 'runs' / 'qcrd_ours' / 'share_1' / 'seed_4'
  assert last.arguments == (
    '--gin_file=qcrd_tiny.gin',
    '--gin.STEPS=5',
    '--gin.SEED=4',
    '--gin.SHARE=1.0',
    f'--gin.MODEL_DIR={last.folder}',
  )


def test_the_table_by_hand(tmp_path):
  comparison = _comparison(tmp_path)
  cells = list(comparison.cells())
  for cell, right in zip(cells, ('1100', '1110', '1000', '1111')):
    _answer(cell, right)
  found = results.read(comparison, cells)['test']
  np.testing.assert_array_equal(
    found['DSS', None], [[1, 1, 0, 0], [1, 0, 0, 0]]
  )
  dss, qcrd = table.lines(comparison, cells)
  assert dss.accuracies == (0.5, 0.25)
  assert dss.accuracy.mean == 0.375
  assert dss.deviation == pytest.approx(0.25 / np.sqrt(2))
  assert (dss.difference, dss.p_value, dss.corrected) == (None, None, None)
  assert qcrd.accuracies == (0.75, 1.0)
  assert qcrd.difference.mean == 0.5
  assert qcrd.corrected == qcrd.p_value  # one test
  text = table.markdown(comparison, [dss, qcrd])
  assert '| DSS | 37.5 | 17.7 |' in text
  assert '| QCRD (ours) | 87.5 | 17.7 |' in text
  assert '| +50.0 |' in text


def test_all_files_are_written(tmp_path):
  comparison = _comparison(tmp_path, shares=(0.5, 1.0))
  cells = list(comparison.cells())
  for number, cell in enumerate(cells):
    _answer(cell, '1101' if number % 2 else '1001')
  text = report.write(comparison, cells, 'SEED = 0')
  assert (tmp_path / 'comparison.md').read_text() == text + '\n'
  said = json.loads((tmp_path / 'comparison.json').read_text())
  assert len(said['lines']) == 4
  assert said['config'] == 'SEED = 0'
  for name in ('accuracy_test.png', 'shares_test.png'):
    assert (tmp_path / name).read_bytes().startswith(b'\x89PNG')
  assert not list(tmp_path.glob('.*'))


def test_one_seed_has_no_deviation(tmp_path):
  comparison = _comparison(tmp_path, seeds=(0,))
  cells = list(comparison.cells())
  for cell in cells:
    _answer(cell, '1010')
  lines = table.lines(comparison, cells)
  assert lines[0].deviation is None
  plots.write(tmp_path, lines)


def test_other_questions_are_refused(tmp_path):
  comparison = _comparison(tmp_path)
  cells = list(comparison.cells())
  for number, cell in enumerate(cells):
    _answer(cell, '1010', names='abce' if number == 3 else 'abcd')
  with pytest.raises(ValueError, match=r'seed_4: the questions of test are no'):
    table.lines(comparison, cells)


def test_a_run_by_other_arguments_is_not_taken(tmp_path):
  cell = next(_comparison(tmp_path).cells())
  _answer(cell, '1111')
  assert running.finished(cell)
  other = next(_comparison(tmp_path, bindings=('STEPS=7',)).cells())
  with pytest.raises(ValueError, match=r'\+--gin\.STEPS=7'):
    running.finished(other)
  changed = dataclasses.replace(cell, config='of other gin files')
  with pytest.raises(ValueError, match='other contents of its gin files'):
    running.finished(changed)


def test_a_damaged_end_of_a_run_is_none(tmp_path):
  cell = next(_comparison(tmp_path).cells())
  _answer(cell, '1111')
  (cell.folder / running.DONE).write_text('{"arguments": [')
  assert not running.finished(cell)


def test_answers_to_validation_questions_are_no_test(tmp_path):
  comparison = _comparison(tmp_path)
  cells = list(comparison.cells())
  for cell in cells:
    _answer(cell, '1010')
  said = {'split': 'validation', 'accuracy': 0.0}
  (cells[1].folder / 'eval' / 'more.json').write_text(json.dumps(said))
  assert set(results.read(comparison, cells)) == {'test'}


def test_a_run_without_a_split_is_named(tmp_path):
  comparison = _comparison(tmp_path)
  cells = list(comparison.cells())
  for cell in cells:
    _answer(cell, '1010')
  (cells[2].folder / 'eval' / 'task.json').unlink()
  with pytest.raises(ValueError, match='dss/seed_4 has no answers to test; '):
    table.lines(comparison, cells)


@pytest.mark.parametrize(
  ('changes', 'said'),
  [
    ({'baseline': 'MI'}, "baseline is 'MI', expected one of DSS, QCRD"),
    ({'seeds': ()}, 'expected at least one'),
    ({'seeds': (1, 1)}, 'none twice'),
    ({'shares': (0.0,)}, r'expected numbers in \(0, 1\]'),
    ({'shares': (0.25, 0.2500000001)}, 'none twice, in six digits'),
    ({'results_dir': 'gs://bucket/table'}, 'expected a local folder'),
    ({'at_once': 0}, 'at_once is 0, expected at least 1'),
    (
      {'rows': (*_COMPARISON['rows'], grid.Row(name='dss', gin_files=('a',)))},
      'names that differ in letters',
    ),
  ],
)
def test_wrong_settings_are_one_sentence(tmp_path, changes, said):
  with pytest.raises(ValueError, match=said):
    grid.Comparison(**{'results_dir': 'a', **_COMPARISON, **changes})


def test_a_wrong_row_is_one_sentence():
  with pytest.raises(ValueError, match="'STEPS' is not of the form NAME=value"):
    grid.Row(name='a', gin_files=('b',), bindings=('STEPS',))
  with pytest.raises(ValueError, match='needs a name and at least one gin'):
    grid.Row(name='a', gin_files=())
  row = grid.Row(name='a', gin_files=('b',), bindings=('SHARE=0.5',))
  settings = {'results_dir': 'c', 'rows': (row,), 'baseline': 'a'}
  grid.Comparison(**settings)
  with pytest.raises(ValueError, match='binds SHARE, which the comparison'):
    grid.Comparison(**settings, shares=(0.25, 1.0))


def test_a_row_may_build_on_another(tmp_path):
  finds = grid.Row(name='a reranker', gin_files=('reranker.gin',))
  asks = grid.Row(
    name='KARD, asked again',
    gin_files=('kard.gin',),
    bindings=('INITIAL_CHECKPOINT={run:DSS}', 'RERANKER={run:a reranker}'),
  )
  comparison = _comparison(
    tmp_path,
    before=(finds,),
    rows=(*_COMPARISON['rows'], asks),
    seeds=(3,),
    shares=(0.5,),
    splits=('validation',),
  )
  first, dss, _, last = comparison.cells()
  runs = tmp_path / 'runs'
  folder = runs / 'a_reranker' / 'share_0.5' / 'seed_3'
  assert first.folder == folder
  assert not first.reported
  assert first.splits == ()
  assert (last.reported, last.splits) == (True, ('validation',))
  assert last.needs == (dss.folder, folder)
  assert f'--gin.RERANKER={folder}' in last.arguments
  assert f'--gin.INITIAL_CHECKPOINT={dss.folder}' in last.arguments


def test_a_row_builds_on_those_before_it(tmp_path):
  late = grid.Row(name='a', gin_files=('a.gin',), bindings=('B={run:DSS}',))
  with pytest.raises(ValueError, match="'a' builds on the run of 'DSS'"):
    _comparison(tmp_path, rows=(late, *_COMPARISON['rows']))
