"""Checkpoints that are damaged, or something else: one sentence each."""

import dataclasses
import shutil

import numpy as np
import pytest
from flax import serialization, traverse_util

from distill_jax.weights import t5x, t5x_writing
from tests import shared
from tests.weights import t5x_trees

_EMBEDDING = 'target/token_embedder/embedding'
_ZARR = 'target.token_embedder.embedding'


@pytest.fixture(scope='module')
def target():
  return t5x_trees.target()


@pytest.fixture(scope='module')
def whole(tmp_path_factory, target):
  folder = tmp_path_factory.mktemp('whole') / 'checkpoint_5'
  t5x_trees.save_folder(folder, target)
  return folder


@pytest.fixture
def folder(tmp_path, whole):
  return shutil.copytree(whole, tmp_path / 'checkpoint_5')


def _read(path):
  weights = t5x.read(str(path), t5x_trees.ACTIVATIONS)
  return {name: tensor.read() for name, tensor in weights.tensors.items()}


def _message(path) -> str:
  with pytest.raises(ValueError) as error:
    _read(path)
  message = str(error.value)
  assert '\n' not in message
  assert str(path) in message
  return message


def _message_of(path, leaves, **settings) -> str:
  t5x_trees.save_file(path, leaves, **settings)
  return _message(path)


@pytest.mark.parametrize('part', [0.02, 0.3, 0.999])
def test_truncated_file(tmp_path, part):
  content = shared.path('t5x_tiny', 'test_t5_tiny.checkpoint_0').read_bytes()
  path = tmp_path / 'checkpoint_0'
  path.write_bytes(content[: int(part * len(content))])
  assert 'optimizer/' in _message(path)
  assert 'truncated' in _message(path)


def test_file_that_shrinks_after_it_was_opened(tmp_path, target):
  path = tmp_path / 'checkpoint_0'
  t5x_trees.save_file(path, target)
  weights = t5x.read(str(path), t5x_trees.ACTIVATIONS)
  path.write_bytes(path.read_bytes()[:100])
  with pytest.raises(ValueError, match='shorter'):
    weights.tensors['token_embedder/embedding'].read()


def test_missing_zarr_folder(folder):
  shutil.rmtree(folder / _ZARR)
  message = _message(folder)
  assert _EMBEDDING in message and _ZARR in message


@pytest.mark.parametrize('chunk', ['0.0', '1.0', '.zarray'])
def test_missing_chunk_is_not_zeros(folder, chunk):
  (folder / _ZARR / chunk).unlink()
  message = _message(folder)
  assert _EMBEDDING in message and str(folder / _ZARR) in message


def test_chunk_of_zeros_is_no_missing_chunk(tmp_path, target):
  zeros = {_EMBEDDING: np.zeros_like(target[_EMBEDDING])}
  t5x_trees.save_folder(tmp_path / 'checkpoint_1', target | zeros)
  assert not _read(tmp_path / 'checkpoint_1')['token_embedder/embedding'].any()


def test_truncated_chunk(folder):
  chunk = folder / _ZARR / '1.0'
  chunk.write_bytes(chunk.read_bytes()[:-20])
  message = _message(folder)
  assert _EMBEDDING in message and 'damaged' in message


def test_array_of_another_shape(folder, target):
  other = folder.parent / 'other'
  t5x_trees.save_folder(other, {_EMBEDDING: target[_EMBEDDING][:24]})
  shutil.rmtree(folder / _ZARR)
  shutil.copytree(other / _ZARR, folder / _ZARR)
  message = _message(folder)
  assert _EMBEDDING in message
  assert '(24, 12)' in message and '(48, 12)' in message


def test_missing_tensor(tmp_path, target):
  path = tmp_path / 'checkpoint_1'
  for name in (_EMBEDDING, 'target/decoder/layers_1/mlp/wo/kernel'):
    left = {key: array for key, array in target.items() if key != name}
    message = _message_of(path, left)
    assert name.removeprefix('target/') in message


def test_extra_tensor(tmp_path, target):
  extra = {'target/encoder/layers_0/attention/bias': np.ones(12, np.float32)}
  message = _message_of(tmp_path / 'checkpoint_1', target | extra)
  assert 'target/encoder/layers_0/attention/bias' in message


def test_wrong_shape(tmp_path, target):
  name = 'target/decoder/layers_0/mlp/wo/kernel'
  wrong = {name: np.ones((10, 13), np.float32)}
  message = _message_of(tmp_path / 'checkpoint_1', target | wrong)
  assert name in message and '(10, 13)' in message and '(10, 12)' in message


def test_nan(tmp_path, target):
  name = 'target/encoder/encoder_norm/scale'
  nan = target[name].copy()
  nan[3] = np.nan
  message = _message_of(tmp_path / 'checkpoint_1', target | {name: nan})
  assert name in message and 'nan at [3]' in message


def test_pieces_that_do_not_fill_the_array(tmp_path, target):
  pieces = {
    '__msgpack_chunked_array__': True,
    'shape': {'0': 48, '1': 12},
    'chunks': {'0': np.ones(500, np.float32), '1': np.ones(70, np.float32)},
  }
  tree = traverse_util.unflatten_dict(target | {_EMBEDDING: pieces}, sep='/')
  path = tmp_path / 'checkpoint_1'
  content = serialization.msgpack_serialize({'version': 3, 'optimizer': tree})
  path.write_bytes(content)
  message = _message(path)
  assert f'optimizer/{_EMBEDDING} has 2280 bytes for float32 of (48, 12)' in (
    message
  )


def test_spec_that_is_none(tmp_path, target):
  for damage in ({'driver': 'n5'}, {'metadata': None}, {'dtype': 'float;2'}):
    spec = {
      'driver': 'zarr',
      'dtype': 'float32',
      'kvstore': {'driver': 'file', 'path': 'target.x/'},
      'metadata': {'shape': [3], 'chunks': [3]},
    }
    leaves = target | {'target/x': spec | damage}
    path = tmp_path / str(damage)
    t5x_trees.save_file(path / 'checkpoint', leaves)
    message = _message(path)
    assert 'target/x' in message and 'as T5X writes them' in message


def test_uint16_of_version_2(folder, target):
  shutil.rmtree(folder)
  name = 'target/encoder/encoder_norm/scale'
  raw = {name: target[name].astype(np.float16).view(np.uint16)}
  t5x_trees.save_folder(folder, target | raw, version=2)
  message = _message(folder)
  assert name in message and 'uint16' in message and 'bfloat16' in message


def test_decoder_only(tmp_path, target):
  left = {k: a for k, a in target.items() if 'encoder/' not in k}
  left |= {_EMBEDDING: target[_EMBEDDING]}
  message = _message_of(tmp_path / 'checkpoint_1', left)
  assert 'encoder/layers_0' in message and 'architecture' in message


def test_stacked_layers(tmp_path):
  stacked = {
    'target/encoder/encoder/mlp/wo/kernel': np.ones((10, 2, 12), np.float32),
    'target/decoder/decoder/mlp/wo/kernel': np.ones((10, 2, 12), np.float32),
  }
  message = _message_of(tmp_path / 'checkpoint_1', stacked)
  assert 'decoder/decoder/mlp/wo/kernel' in message
  assert 'scalable_t5' in message


def test_kernels_of_three_axes(tmp_path, target):
  name = 'target/encoder/layers_0/attention/query/kernel'
  split = {name: target[name].reshape(12, 3, 2)}
  message = _message_of(tmp_path / 'checkpoint_1', target | split)
  assert 'encoder/layers_0/attention/query/kernel' in message
  assert '(12, 3, 2)' in message


def test_heads_that_do_not_divide(tmp_path, target):
  config = dataclasses.replace(t5x_trees.CONFIG, num_heads=4)
  name = 'target/encoder/relpos_bias/rel_embedding'
  other = {name: t5x_trees.target(config)[name]}
  message = _message_of(tmp_path / 'checkpoint_1', target | other)
  assert 'attention/key/kernel' in message and '(12, 4)' in message


@pytest.mark.parametrize('version', [1, 4])
def test_another_version(tmp_path, target, version):
  message = _message_of(tmp_path / 'checkpoint_1', target, version=version)
  assert f'version {version}' in message


@pytest.mark.parametrize('step', [np.asarray([3, 4]), np.asarray(3.5)])
def test_step_that_is_none(tmp_path, target, step):
  message = _message_of(
    tmp_path / 'checkpoint_1', target | {'state/step': step}
  )
  assert 'state/step' in message and 'expected one whole number' in message


@pytest.mark.parametrize('copied', ['.', 'target.token_embedder.embedding'])
def test_interrupted_copy_of_the_newest(folder, copied):
  newest = folder.parent / 'checkpoint_20'
  (newest / copied).mkdir(parents=True)
  assert t5x.is_t5x(str(folder.parent))
  assert f'{newest} is incomplete' in _message(folder.parent)
  assert f'or give {folder}.' in _message(folder.parent)
  shutil.rmtree(folder)
  assert t5x.is_t5x(str(folder.parent)) == (copied != '.')
  for path in (folder.parent, newest):
    message = _message(path)
    assert f'{newest} is incomplete' in message and 'or give' not in message


@pytest.mark.parametrize('scheme', ['s3', 'file', 'http'])
def test_place_that_is_not_supported(scheme):
  path = f'{scheme}:///home/checkpoint_5'
  for ask in (_read, t5x.is_t5x, lambda path: t5x_writing.write(path, ())):
    with pytest.raises(ValueError, match=f'{path} is neither local nor on gs'):
      ask(path)


def test_no_parameters(tmp_path):
  state = {'state/step': np.asarray(3, np.int32)}
  assert 'no parameters' in _message_of(tmp_path / 'checkpoint_1', state)


def test_checkpoint_of_orbax(tmp_path, target):
  placeholder = {_EMBEDDING: 'PLACEHOLDER://target.token_embedder.embedding'}
  message = _message_of(tmp_path / 'checkpoint_1', target | placeholder)
  assert _EMBEDDING in message and 'Orbax' in message


@pytest.mark.parametrize(
  ('content', 'message'),
  [
    (b'model_checkpoint_path: "model.ckpt-1000000"\n', 'TensorFlow'),
    (b'', 'no T5X checkpoint'),
    (b'{"model_type": "t5"}', 'no T5X checkpoint'),
    (b'\x82\xa7version\x03\xa9optimizer\xc1', 'damaged'),
    (b'\x82\xa7version\x03\xa9optimizer\xc7\x01\x05a', 'type 5'),
    (b'\x82\xa7version' + b'\x91' * 500, 'deep'),
    (b'\x82\xa7version\x03\xa9optimizer\xd8\x01' + b'\x93' + b'\xc0' * 15, '.'),
  ],
)
def test_something_else(tmp_path, content, message):
  path = tmp_path / 'checkpoint'
  path.write_bytes(content)
  with pytest.raises(ValueError, match=message) as error:
    _read(path)
  assert str(path) in str(error.value)


def test_folder_without_a_checkpoint(tmp_path):
  assert 'no T5X checkpoint' in _message(tmp_path)
  assert 'no T5X checkpoint' in _message(tmp_path / 'absent')
