"""Checkpoints that we wrote, read by flax and tensorstore, and by us."""

import itertools
import math
import weakref

import ml_dtypes
import numpy as np
import pytest
import tensorstore as ts
from flax import serialization, traverse_util

from distill_jax.weights import aside, t5x, t5x_writing
from tests import shared
from tests.weights import t5x_trees


@pytest.fixture(scope='module')
def target():
  return t5x_trees.target()


def _named(leaves):
  for name, array in leaves.items():
    yield name.removeprefix('target/'), array


def _stored(folder) -> dict[str, np.ndarray]:
  """Every array of a folder, as T5X's reader goes about it."""
  content = serialization.msgpack_restore((folder / 'checkpoint').read_bytes())
  assert content.keys() == {'version', 'optimizer'}
  assert content['version'] == 3
  leaves = traverse_util.flatten_dict(
    content['optimizer'],
    is_leaf=lambda _, node: node.keys() >= {'driver', 'kvstore', 'metadata'},
    keep_empty_nodes=True,
    sep='/',
  )
  return {name: _array(folder, leaf) for name, leaf in leaves.items()}


def _array(folder, leaf):
  if not isinstance(leaf, dict):
    assert isinstance(leaf, np.ndarray)
    return leaf
  del leaf['metadata']['chunks'], leaf['metadata']['compressor']
  assert leaf['kvstore']['driver'] == 'file'
  leaf['kvstore']['path'] = f'{folder}/{leaf["kvstore"]["path"]}'
  return ts.open(ts.Spec(leaf), open=True).result().read().result()


def _require_equal(found, expected):
  assert found.keys() == expected.keys()
  for name, array in expected.items():
    assert found[name].dtype == array.dtype
    assert found[name].shape == array.shape
    assert found[name].tobytes() == array.tobytes(), name


@pytest.mark.parametrize('dtype', [np.float32, ml_dtypes.bfloat16])
def test_parameters_and_state(tmp_path, dtype):
  target = t5x_trees.target(dtype=dtype)
  state = t5x_trees.state(target)
  folder = t5x_writing.write(tmp_path, _named(target), state.items(), 1300)
  assert folder == tmp_path / 'checkpoint_1300'
  _require_equal(_stored(folder), target | state)
  weights = t5x.read(str(tmp_path), t5x_trees.ACTIVATIONS)
  t5x_trees.require_equal(weights, target | state)


def test_real_file_survives(tmp_path):
  path = str(shared.path('t5x_tiny', 'test_t5_tiny.checkpoint_0'))
  before = t5x.read(path, ('gelu', 'linear'))
  t5x_writing.write(
    tmp_path,
    ((name, tensor.read()) for name, tensor in before.tensors.items()),
    ((name, tensor.read()) for name, tensor in before.state.items()),
    before.step,
    before.config,
  )
  after = t5x.read(str(tmp_path))
  assert after.config == before.config
  leaves = {f'target/{name}': t.read() for name, t in before.tensors.items()}
  leaves |= {name: tensor.read() for name, tensor in before.state.items()}
  t5x_trees.require_equal(after, leaves)


def test_without_state(tmp_path, target):
  folder = t5x_writing.write(tmp_path, _named(target), step=7)
  step = {'state/step': np.asarray(7, np.int32)}
  # No empty `param_states`: T5X's reader takes an empty map for an array.
  _require_equal(_stored(folder), target | step)


def test_configuration_comes_back(tmp_path, target):
  t5x_writing.write(tmp_path, _named(target), config=t5x_trees.CONFIG)
  assert t5x.read(str(tmp_path)).config == t5x_trees.CONFIG


def test_folder_can_move(tmp_path, target):
  t5x_writing.write(tmp_path / 'here', _named(target), step=7)
  (tmp_path / 'here').rename(tmp_path / 'there')
  weights = t5x.read(str(tmp_path / 'there'), t5x_trees.ACTIVATIONS)
  for name, tensor in weights.tensors.items():
    assert np.array_equal(tensor.read(), target[f'target/{name}'])


def test_zeros_and_slices_are_written(tmp_path, target):
  odd = {
    'target/a': np.zeros((4, 6), np.float32),
    'target/b': np.arange(60, dtype=np.float32).reshape(6, 10).T,
    'target/c': np.arange(60, dtype=np.float32)[::3],
  }
  folder = t5x_writing.write(tmp_path, _named(odd))
  found = _stored(folder)
  for name, array in odd.items():
    assert np.array_equal(found[name], array)
  assert (folder / 'target.a' / '0.0').exists()


@pytest.mark.parametrize(
  'shape', [(48,), (48, 10), (6, 48, 10), (7, 13), (1, 4096), (3, 1, 50)]
)
@pytest.mark.parametrize('limit', [64, 1000, 10**6])
def test_chunks_divide_and_stay_small(tmp_path, monkeypatch, shape, limit):
  monkeypatch.setattr(t5x_writing, '_CHUNK_BYTES', limit)
  array = np.arange(math.prod(shape), dtype=np.float32).reshape(shape)
  folder = t5x_writing.write(tmp_path, [('x', array)])
  content = serialization.msgpack_restore((folder / 'checkpoint').read_bytes())
  chunks = content['optimizer']['target']['x']['metadata']['chunks']
  assert all(size % chunk == 0 for size, chunk in zip(shape, chunks))
  assert math.prod(chunks) * 4 <= limit
  files = [f for f in (folder / 'target.x').iterdir() if f.name[0] != '.']
  assert len(files) == array.size / math.prod(chunks)
  assert np.array_equal(_stored(folder)['target/x'], array)


def test_nothing_is_left_of_a_failure(tmp_path, target):
  def breaks():
    yield from itertools.islice(_named(target), 5)
    raise ValueError('the source is damaged')

  with pytest.raises(ValueError, match='source is damaged'):
    with aside.folder(tmp_path / 'out') as folder:
      t5x_writing.write(folder, breaks())
  assert list(tmp_path.iterdir()) == []


def test_a_failure_is_no_whole_checkpoint(tmp_path, target):
  # Nothing writes any more when the error arrives: see the lock files.
  def breaks():
    yield from itertools.islice(_named(target), 5)
    raise ValueError('the source is damaged')

  with pytest.raises(ValueError, match='source is damaged'):
    t5x_writing.write(tmp_path, breaks())
  folder = tmp_path / 'checkpoint_0'
  assert not (folder / 'checkpoint').exists()
  assert list(folder.iterdir()) and not list(folder.rglob('*__lock'))


def test_nothing_is_overwritten(tmp_path, target):
  t5x_writing.write(tmp_path, _named(target))
  with pytest.raises(ValueError, match='checkpoint_0 exists already'):
    t5x_writing.write(tmp_path, _named(target))
  t5x_writing.write(tmp_path, _named(target), step=1)
  assert len(list(tmp_path.iterdir())) == 2


def test_tensors_are_drawn_one_at_a_time(tmp_path):
  drawn: list[weakref.ref] = []
  alive: list[int] = []

  def tensors():
    for i in range(20):
      array = np.full((64, 64), i, np.float32)
      drawn.append(weakref.ref(array))
      yield f'x{i}', array
      del array
      alive.append(sum(ref() is not None for ref in drawn))

  t5x_writing.write(tmp_path, tensors())
  assert max(alive) <= 3
