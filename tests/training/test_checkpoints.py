"""Checkpoints: what comes back, what is kept, what is damaged."""

import errno
import gc
import json
import logging

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from etils import epath

from distill_jax.training import checkpoints


def _tree(value):
  return {
    'params': {'kernel': jnp.full((64, 64), value, jnp.float32)},
    'queue': np.full((3, 16), value, np.int32),
    'count': jnp.asarray(value, jnp.int32),
  }


def _filled(folder, steps=(1, 2, 3), keep=3):
  store = checkpoints.Store(epath.Path(folder) / 'checkpoints', keep=keep)
  for step in steps:
    store.save(step, _tree(step), {'window': {'loss': [0.1 * step, 3.0]}})
  store.wait()
  return store


def _like(_):
  return _tree(0)


def test_gives_back_arrays_and_facts(tmp_path):
  store = _filled(tmp_path)
  step, tree, facts = store.load_newest(_like)
  assert step == 3
  jax.tree.map(np.testing.assert_array_equal, tree, _tree(3))
  assert facts == {'window': {'loss': [0.1 * 3, 3.0]}}
  part = store.load_part(2, {'params': _like(0)['params']})
  assert list(part) == ['params']
  np.testing.assert_array_equal(
    part['params']['kernel'], _tree(2)['params']['kernel']
  )
  store.close()


def test_keeps_the_newest_and_never_rewrites(tmp_path):
  store = _filled(tmp_path, steps=(1, 2, 3, 4), keep=2)
  assert store.steps() == [3, 4]
  store.save(4, _tree(9))
  store.wait()
  np.testing.assert_array_equal(store.load(4, _like(4))['count'], 4)
  store.close()


def test_none_where_there_is_no_checkpoint(tmp_path):
  store = checkpoints.Store(epath.Path(tmp_path) / 'checkpoints', keep=1)
  assert store.load_newest(_like) is None
  store.close()


def test_what_is_written_is_what_was_given(tmp_path):
  """Training goes on, and gives buffers away, while a checkpoint is written."""
  store = checkpoints.Store(epath.Path(tmp_path) / 'checkpoints', keep=1)
  change = jax.jit(lambda x: x * 0 - 1, donate_argnums=0)
  array = jnp.full((512, 512), 7.0)
  store.save(1, {'array': array})
  for _ in range(20):
    array = change(array)
  store.wait()
  found = store.load(1, {'array': jnp.zeros((512, 512))})['array']
  assert np.unique(found).tolist() == [7.0]
  store.close()


def _files(folder):
  return [path for path in folder.rglob('*') if path.is_file()]


def _truncate(folder):
  for path in _files(folder):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _truncate_data(folder):
  for path in _files(folder):
    if path.parent.name == 'd':
      path.write_bytes(path.read_bytes()[:-10])


def _lose_metadata(folder):
  for path in _files(folder):
    if path.name.startswith('_'):
      path.unlink()


@pytest.mark.parametrize('damage', [_truncate, _truncate_data, _lose_metadata])
def test_falls_back_to_the_one_before(damage, tmp_path, caplog):
  _filled(tmp_path).close()
  damage(tmp_path / 'checkpoints' / '3')
  store = checkpoints.Store(epath.Path(tmp_path) / 'checkpoints', keep=3)
  with caplog.at_level(logging.WARNING, logger='distill_jax'):
    step, tree, _ = store.load_newest(_like)
  assert step == 2
  np.testing.assert_array_equal(tree['count'], 2)
  # The number is free for the run to write again.
  store.save(3, _tree(5))
  store.wait()
  np.testing.assert_array_equal(store.load(3, _like(3))['count'], 5)
  store.close()


def test_all_damaged_is_one_sentence_and_moves_nothing(tmp_path):
  _filled(tmp_path).close()
  for step in (1, 2, 3):
    _truncate(tmp_path / 'checkpoints' / str(step))
  for _ in range(2):  # the second start is refused too
    store = checkpoints.Store(epath.Path(tmp_path) / 'checkpoints', keep=3)
    with pytest.raises(
      ValueError, match=r'3 cannot be read: .*another MODEL_DIR'
    ):
      store.load_newest(_like)
    store.close()
  assert {p.name for p in (tmp_path / 'checkpoints').iterdir()} == {*'123'}


def test_another_shape_is_refused(tmp_path):
  store = _filled(tmp_path, steps=(1,))
  other = {**_tree(0), 'params': {'kernel': jnp.zeros((8, 64))}}
  with pytest.raises(
    ValueError,
    match=r'sizes .*\(params/kernel: stored \(64, 64\), expected \(8, 64\)',
  ):
    store.load(1, other)
  more = {**_tree(0), 'more': jnp.zeros(3)}
  with pytest.raises(ValueError, match=r'\(more: stored none, expected \(3,\)'):
    store.load_part(1, more)
  less = {'params': _tree(0)['params']}
  with pytest.raises(
    ValueError, match=r'queue: stored \(3, 16\), expected none'
  ):
    store.load(1, less)
  store.close()


def test_another_shape_is_no_damage(tmp_path):
  store = _filled(tmp_path)
  with pytest.raises(ValueError, match='other sizes'):
    store.load_newest(lambda _: {**_tree(0), 'queue': np.zeros((5, 16))})
  assert store.steps() == [1, 2, 3]
  store.close()


def test_a_relative_folder(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  _filled('run').close()
  store = checkpoints.Store(epath.Path('run/checkpoints'))
  assert store.load_newest(_like)[0] == 3
  store.close()


@pytest.mark.parametrize('damage', [_truncate, _truncate_data])
def test_damage_is_one_sentence_and_no_pages_of_libraries(
  damage, tmp_path, capfd, caplog
):
  _filled(tmp_path, steps=(1,)).close()
  damage(tmp_path / 'checkpoints' / '1')
  capfd.readouterr()
  store = checkpoints.Store(epath.Path(tmp_path) / 'checkpoints')
  with pytest.raises(checkpoints.DamagedError) as raised:
    store.load(1, _like(1))
  store.close()
  gc.collect()
  assert str(raised.value) == (
    f'The checkpoint {tmp_path}/checkpoints/1 cannot be read: its files are '
    'damaged or missing.'
  )
  assert not caplog.records
  assert capfd.readouterr() == ('', '')


def test_lost_facts_are_damage(tmp_path):
  _filled(tmp_path).close()
  (tmp_path / 'checkpoints' / '3' / '_CHECKPOINT_METADATA').unlink()
  store = checkpoints.Store(epath.Path(tmp_path) / 'checkpoints', keep=3)
  assert store.load_newest(_like)[0] == 2
  assert (tmp_path / 'damaged' / 'checkpoints-3').is_dir()
  store.close()


def test_a_reader_leaves_a_writer_alone(tmp_path):
  folder = epath.Path(tmp_path) / 'checkpoints'
  _filled(tmp_path).close()
  unfinished = tmp_path / 'checkpoints' / '4.orbax-checkpoint-tmp'
  unfinished.mkdir()
  checkpoints.Store(folder).close()
  assert unfinished.exists()


@pytest.mark.parametrize(
  'settings', [{'every_steps': 0}, {'every_seconds': 0.0}, {'keep': 0}]
)
def test_settings_are_checked(settings):
  with pytest.raises(ValueError, match=json.dumps(*settings)[1:-1]):
    checkpoints.Checkpoints(**settings)


@pytest.mark.parametrize(
  'error',
  [
    MemoryError(),
    PermissionError(errno.EACCES, 'Permission denied', '/a'),
    OSError(errno.EMFILE, 'Too many open files'),
    jax.errors.JaxRuntimeError('RESOURCE_EXHAUSTED: Out of memory'),
  ],
)
def test_what_the_machine_lacks_is_no_damage(error, tmp_path, monkeypatch):
  _filled(tmp_path).close()
  store = checkpoints.Store(epath.Path(tmp_path) / 'checkpoints', keep=3)

  def wanting(*_):
    raise RuntimeError('of orbax') from error

  monkeypatch.setattr(store._checkpointer, 'load', wanting)
  with pytest.raises(type(error)) as raised:
    store.load_newest(_like)
  assert raised.value is error
  assert store.steps() == [1, 2, 3]
  store.close()
