"""What a run goes on from: after a failed start, a move, a loss, damage."""

import dataclasses
import logging
import shutil
import types

import jax
import pytest
from etils import epath

from distill_jax.data import cached
from distill_jax.training import checkpoints, examples, initial, loop, runner
from distill_jax.training import finished as finished_lib
from tests.training import small


@pytest.fixture
def finished(undisturbed, tmp_path):
  """A copy of the run that nobody stopped."""
  return epath.Path(shutil.copytree(undisturbed, tmp_path / 'finished'))


def _train(folder, data, **macros):
  loop.train(*small.load(folder, data, **macros))


def _start_from(source, folder, data):
  """Trains a little from the best student of another run."""
  run, config = small.load(folder, data, STEPS=1)
  start = initial.FromCheckpoint(path=str(source))
  run = dataclasses.replace(run, initial=start)
  loop.train(run, config)


def test_a_relative_folder_is_the_same_as_an_absolute_one(
  data, tmp_path, monkeypatch
):
  monkeypatch.chdir(tmp_path)
  _train('run', data, STEPS=1)
  rows = small.losses(tmp_path / 'run')
  _train(tmp_path / 'run', data, STEPS=1, LOG_EVERY=2)
  assert small.losses(tmp_path / 'run') == rows
  # What was asked for last.
  text = (tmp_path / 'run' / 'config.gin').read_text()
  assert f"MODEL_DIR = '{tmp_path}/run'" in text


def test_other_data_are_refused_and_nothing_is_set_aside(finished, data):
  path = finished / 'data.txt'
  path.write_text(path.read_text().replace('train: 18', 'train: 17'))
  with pytest.raises(
    ValueError, match=r'other data \(-train: 17 .*; \+train: 18 '
  ):
    _train(finished, data)
  assert not (finished / 'damaged').exists()


def test_data_are_told_apart_by_their_tokens(data, tmp_path):
  (cache,) = (data / 'cache').glob('records-*')
  run, _ = small.load(tmp_path, data)
  described = examples.described(run)
  assert described.splitlines()[1].startswith('train: 18 examples, tokens ')
  copy = shutil.copytree(cache, tmp_path / 'elsewhere')

  def again():
    source = types.SimpleNamespace(
      quietly=lambda name: cached.Split(copy, name),
      vocabulary=run.source.vocabulary,
    )
    other = types.SimpleNamespace(source=source, validation=run.validation)
    return examples.described(other)

  assert again() == described
  tokens = copy / 'validation' / 'rationales.values'
  content = bytearray(tokens.read_bytes())
  content[0] += 1
  tokens.write_bytes(content)
  before, after = described.splitlines(), again().splitlines()
  assert before[:2] == after[:2]
  assert before[2] != after[2]


def test_a_failed_start_claims_nothing(undisturbed, data, tmp_path):
  wide, _ = small.load(tmp_path, data, **{'t5.T5Config.mlp_dim': 24})
  store = checkpoints.Store(epath.Path(tmp_path) / 'wide' / 'best', keep=1)
  student = {'student': wide.student.init(jax.random.key(0))}
  store.save(1, student, finished_lib.about(wide.student))
  store.close()
  folder = tmp_path / 'run'
  with pytest.raises(ValueError, match='mlp_dim is 24 there and 16 in'):
    _start_from(tmp_path / 'wide', folder, data)
  _start_from(undisturbed, folder, data)
  assert (folder / 'eval' / 'records.json').exists()


def test_going_on_needs_no_initial_parameters(
  finished, data, tmp_path, monkeypatch
):
  advance = runner.PhaseRunner.advance

  def killed(self, step, batch):
    if self.first_step + step == 3:
      raise small.Killed
    return advance(self, step, batch)

  with monkeypatch.context() as patch, small.killed():
    patch.setattr(runner.PhaseRunner, 'advance', killed)
    _start_from(finished, tmp_path / 'run', data)
  finished.rmtree()
  _start_from(finished, tmp_path / 'run', data)
  assert small.losses(tmp_path / 'run')[-1]['step'] == 6
  with pytest.raises(ValueError, match='finished does not exist'):
    _start_from(finished, tmp_path / 'another', data)
  assert not (tmp_path / 'another').exists()


def _spoil_arrays(best):
  for path in best.glob('*/state/d/*'):
    path.write_bytes(path.read_bytes()[:-10])


def _lose_metadata(best):
  for path in best.glob('*/_CHECKPOINT_METADATA'):
    path.unlink()


@pytest.mark.parametrize('damage', [_spoil_arrays, _lose_metadata])
def test_a_damaged_best_student_is_replaced_by_the_last(
  damage, finished, data, caplog
):
  rows = small.losses(finished)
  damage(finished / 'best')
  shutil.rmtree(finished / 'eval')
  with caplog.at_level(logging.WARNING, logger='distill_jax'):
    _train(finished, data)
  assert any('It is set aside as' in said for said in caplog.messages)
  assert (finished / 'damaged' / f'best-{small.STEPS}').is_dir()
  best = small.parameters(finished, 'best')
  newest = small.parameters(finished)
  small.assert_same(best, {name: newest[f"['params']{name}"] for name in best})
  assert (finished / 'eval' / 'records.json').exists()
  assert small.losses(finished) == rows


def test_a_line_that_is_cut_off_does_not_stop_a_run(finished, data):
  rows = small.losses(finished)
  path = finished / 'metrics.jsonl'
  path.write_text(path.read_text()[:-20])
  _train(finished, data)
  assert small.losses(finished) == rows[:-1]
