"""T5X checkpoints that T5X, flax and tensorstore wrote."""

import dataclasses
import tracemalloc

import ml_dtypes
import numpy as np
import pytest
from etils import epath
from flax import serialization, traverse_util

from distill_jax.weights import t5x, t5x_msgpack
from tests import shared
from tests.weights import t5x_trees


@pytest.fixture(scope='module')
def target():
  return t5x_trees.target()


@pytest.fixture(scope='module')
def leaves(target):
  return target | t5x_trees.state(target)


def _read(path):
  return t5x.read(str(path), t5x_trees.ACTIVATIONS)


def test_real_file_is_read_whole():
  path = shared.path('t5x_tiny', 'test_t5_tiny.checkpoint_0')
  weights = t5x.read(str(path), ('gelu', 'linear'))
  tree = serialization.msgpack_restore(path.read_bytes())['optimizer']
  t5x_trees.require_equal(weights, traverse_util.flatten_dict(tree, sep='/'))
  assert sum(np.prod(t.shape) for t in weights.tensors.values()) == 518_240
  assert len(weights.state) == 1 + 4 * len(weights.tensors)
  c = weights.config
  assert (c.vocab_size, c.emb_dim, c.num_heads, c.head_dim) == (32128, 8, 4, 3)
  assert (c.mlp_dim, c.num_encoder_layers, c.num_decoder_layers) == (16, 2, 2)
  assert (c.logits_via_embedding, c.relpos_num_buckets) == (False, 32)
  assert weights.step == 0
  assert weights.notes == ()


@pytest.mark.parametrize('old', [False, True])
@pytest.mark.parametrize('driver', ['file', 'gfile', 'gcs'])
@pytest.mark.parametrize('version', [2, 3])
def test_folder_of_zarr_arrays(tmp_path, leaves, old, driver, version):
  folder = tmp_path / 'checkpoint_1300'
  t5x_trees.save_folder(folder, leaves, old=old, driver=driver, version=version)
  weights = _read(folder)
  t5x_trees.require_equal(weights, leaves)
  assert weights.config == t5x_trees.CONFIG
  assert weights.step == 1300


def test_parameters_alone(tmp_path, target):
  t5x_trees.save_folder(tmp_path / 'checkpoint_5', target)
  weights = _read(tmp_path / 'checkpoint_5')
  t5x_trees.require_equal(weights, target)
  assert weights.step == 0


@pytest.mark.parametrize('save', ['save_file', 'save_folder'])
def test_bfloat16(tmp_path, save):
  leaves = t5x_trees.target(dtype=ml_dtypes.bfloat16)
  getattr(t5x_trees, save)(tmp_path / 'checkpoint_1', leaves)
  t5x_trees.require_equal(_read(tmp_path / 'checkpoint_1'), leaves)


def test_t5_1_0_shows_in_the_tensors(tmp_path):
  config = dataclasses.replace(
    t5x_trees.CONFIG, mlp_activations=('relu',), logits_via_embedding=True
  )
  t5x_trees.save_file(tmp_path / 'checkpoint_1', t5x_trees.target(config))
  weights = t5x.read(str(tmp_path / 'checkpoint_1'), ('relu',))
  assert weights.config == config


def test_newest_of_several(tmp_path, target, leaves):
  t5x_trees.save_folder(tmp_path / 'checkpoint_900', target)
  t5x_trees.save_folder(tmp_path / 'checkpoint_1300', leaves)
  (tmp_path / 'checkpoint_2000.tmp-17').mkdir()
  assert _read(tmp_path).step == 1300


def test_pieces_of_a_giant_array(tmp_path, target, monkeypatch):
  monkeypatch.setattr(serialization, 'MAX_CHUNK_SIZE', 128)
  t5x_trees.save_file(tmp_path / 'checkpoint_1', target)
  content = (tmp_path / 'checkpoint_1').read_bytes()
  assert b'__msgpack_chunked_array__' in content
  t5x_trees.require_equal(_read(tmp_path / 'checkpoint_1'), target)


def test_untrained_and_unknown_parts(tmp_path, target):
  extra = {
    'state/param_states/token_embedder/embedding': None,
    'state/param_states/0/count': 7,
    'state/param_states/0/scale': np.float32(2),
    'flax_mutables/cache/x': np.ones(3, np.float32),
  }
  t5x_trees.save_file(tmp_path / 'checkpoint_1', target | extra)
  weights = _read(tmp_path / 'checkpoint_1')
  assert weights.state['state/param_states/0/count'].read() == 7
  assert weights.state['state/param_states/0/scale'].read() == 2
  assert 'state/param_states/token_embedder/embedding' not in weights.state
  assert any('flax_mutables' in note for note in weights.notes)


def test_every_kind_of_small_value(tmp_path):
  values = {
    'none': None,
    'bools': [True, False],
    'numbers': [0, -1, 127, 200, -200, 70_000, -70_000, 2**40, -(2**40), 0.5],
    'texts': ['', 'é', 'x' * 40, 'y' * 300, 'z' * 70_000],
    'bytes': [b'', b'a' * 300, b'b' * 70_000],
    'map': {str(i): i for i in range(70)},
    'long': list(range(70)),
  }
  path = epath.Path(tmp_path) / 'values'
  path.write_bytes(serialization.msgpack_serialize(values))
  assert t5x_msgpack.index(path) == values


def test_one_tensor_is_in_memory_at_a_time(tmp_path):
  config = dataclasses.replace(t5x_trees.CONFIG, emb_dim=768, mlp_dim=768)
  leaves = t5x_trees.target(config)
  total = sum(array.nbytes for array in leaves.values())
  largest = max(array.nbytes for array in leaves.values())
  path = tmp_path / 'checkpoint_1'
  t5x_trees.save_file(path, leaves)
  del leaves
  _read(path)  # what is traced and kept once
  tracemalloc.start()
  for tensor in _read(path).tensors.values():
    tensor.fetch()
  _, peak = tracemalloc.get_traced_memory()
  tracemalloc.stop()
  assert peak < 4 * largest < total / 3


def test_recognition(tmp_path, target):
  (tmp_path / 'run').mkdir()
  t5x_trees.save_file(tmp_path / 'run' / 'checkpoint_1', target)
  t5x_trees.save_folder(tmp_path / 'folders' / 'checkpoint_1', target)
  (tmp_path / 'text').write_text('version and optimizer')
  (tmp_path / 'empty').write_text('')
  (tmp_path / 'checkpoint_9').mkdir()
  for path in ('run', 'run/checkpoint_1', 'folders', 'folders/checkpoint_1'):
    assert t5x.is_t5x(str(tmp_path / path))
  for path in ('', 'text', 'empty', 'checkpoint_9', 'absent'):
    assert not t5x.is_t5x(str(tmp_path / path))
