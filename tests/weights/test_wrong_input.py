"""Folders that are no whole T5: each is one sentence with tensor and file."""

import json
import pathlib
import pickle

import numpy as np
import pytest
import safetensors.numpy

from distill_jax.weights import hugging_face

models = pytest.importorskip('tests.weights.models')
torch = pytest.importorskip('torch')

_WO = 'encoder.block.1.layer.1.DenseReluDense.wo.weight'


@pytest.fixture(scope='module')
def saved(tmp_path_factory):
  folder = tmp_path_factory.mktemp('saved')
  models.save(folder)
  return folder


@pytest.fixture
def folder(saved, tmp_path):
  for path in saved.iterdir():
    (tmp_path / path.name).write_bytes(path.read_bytes())
  return tmp_path


def _refused(folder: pathlib.Path, *said: str) -> None:
  """Reading the folder, tensors and all, fails in one line that says so."""
  with pytest.raises(ValueError, match=r'.') as caught:
    for tensor in hugging_face.read(folder).tensors.values():
      tensor.read()
  message = str(caught.value)
  assert '\n' not in message
  for part in said:
    assert part in message, message


def _change(folder: pathlib.Path, change) -> None:
  path = folder / 'model.safetensors'
  tensors = safetensors.numpy.load_file(path)
  change(tensors)
  safetensors.numpy.save_file(tensors, path)


def _configure(folder: pathlib.Path, **fields) -> None:
  path = folder / 'config.json'
  said = {**json.loads(path.read_text()), **fields}
  path.write_text(json.dumps({k: v for k, v in said.items() if v is not None}))


@pytest.mark.parametrize('kept', [3, 100, -5])
def test_a_truncated_file(folder, kept):
  path = folder / 'model.safetensors'
  path.write_bytes(path.read_bytes()[:kept])
  _refused(folder, 'model.safetensors cannot be read', 'truncated or damaged')


def test_a_missing_tensor(folder):
  _change(folder, lambda tensors: tensors.pop(_WO))
  _refused(folder, 'lacks encoder/layers_1/mlp/wo/kernel', str(folder))


def test_a_tensor_too_many(folder):
  extra = np.zeros((2, 2), np.float32)
  _change(folder, lambda tensors: tensors.update({'lora.a': extra}))
  _refused(folder, 'holds lora.a in', 'model.safetensors')


def test_a_wrong_shape(folder):
  narrow = np.zeros((24, 39), np.float32)
  _change(folder, lambda tensors: tensors.update({_WO: narrow}))
  _refused(folder, _WO, 'model.safetensors is (39, 24)', 'expected (40, 24)')


@pytest.mark.parametrize('number', [np.nan, np.inf])
def test_a_number_that_is_none(folder, number):
  def spoil(tensors):
    tensors[_WO][3, 7] = number

  _change(folder, spoil)
  _refused(folder, _WO, f'model.safetensors holds {number} at [7, 3]')


def test_whole_numbers(folder):
  eight = np.zeros((24, 40), np.int8)
  _change(folder, lambda tensors: tensors.update({_WO: eight}))
  _refused(folder, _WO, 'model.safetensors', 'stored as I8', 'quantised')


@pytest.mark.parametrize(
  ('fields', 'said'),
  [
    ({'model_type': 'bert'}, 'the type \'bert\', expected "t5"'),
    ({'model_type': None}, 'the type None'),
    ({'d_ff': None}, "d_ff is 'absent'"),
    ({'d_ff': '40'}, "d_ff is '40', expected a whole number"),
    ({'relative_attention_num_buckets': 5}, 'relpos_num_buckets is 5'),
    ({'feed_forward_proj': 'gelu'}, "feed_forward_proj is 'gelu'"),
    ({'layer_norm_epsilon': 1e-5}, 'layer_norm_epsilon is 1e-05'),
    ({'eos_token_id': 2}, 'eos_token_id is 2'),
    ({'num_heads': 0}, 'num_heads is 0'),
    ({'d_model': 32}, 'expected (32,'),
    ({'num_layers': 4}, 'lacks encoder/layers_3/'),
    ({'feed_forward_proj': 'relu'}, 'lacks decoder/layers_0/mlp/wi/kernel'),
    ({'scale_decoder_outputs': True}, 'lm_head.weight'),
  ],
)
def test_a_configuration_of_another_network(folder, fields, said):
  _configure(folder, **fields)
  _refused(folder, said, str(folder))


def test_a_configuration_that_is_no_json(folder):
  (folder / 'config.json').write_text('{"d_model": 24,')
  _refused(folder, 'config.json is no JSON')
  (folder / 'config.json').write_text('[1]')
  _refused(folder, 'config.json is no JSON object')


def test_no_weights(folder):
  (folder / 'model.safetensors').unlink()
  _refused(folder, 'no weights', 'expected model.safetensors')


def test_a_missing_part(folder):
  index = {'weight_map': {_WO: 'model-00001-of-00002.safetensors'}}
  path = folder / 'model.safetensors'
  path.unlink()
  (folder / 'model.safetensors.index.json').write_text(json.dumps(index))
  _refused(folder, 'names the file model-00001-of-00002.safetensors')
  index = {'weight_map': {_WO: '../model.safetensors'}}
  (folder / 'model.safetensors.index.json').write_text(json.dumps(index))
  _refused(folder, 'which is not beside it')
  (folder / 'model.safetensors.index.json').write_text('{}')
  _refused(folder, 'holds no weight_map')


def test_a_part_without_its_tensor(folder):
  _change(folder, lambda tensors: tensors.pop(_WO))
  (folder / 'model.safetensors').rename(folder / 'model-1.safetensors')
  index = {'weight_map': {_WO: 'model-1.safetensors'}}
  (folder / 'model.safetensors.index.json').write_text(json.dumps(index))
  _refused(folder, f'model-1.safetensors lacks {_WO}')


class _Malicious:
  """Would leave a file behind if anybody unpickled it."""

  def __init__(self, trace: pathlib.Path):
    self.trace = trace

  def __reduce__(self):
    return pathlib.Path.touch, (self.trace,)


@pytest.mark.parametrize('zipped', [True, False])
def test_a_pickle_that_runs_something(folder, zipped):
  (folder / 'model.safetensors').unlink()
  path, trace = folder / 'pytorch_model.bin', folder / 'trace'
  if zipped:
    torch.save({'shared.weight': _Malicious(trace)}, path)
  else:
    path.write_bytes(pickle.dumps({'shared.weight': _Malicious(trace)}))
  _refused(folder, 'pytorch_model.bin', 'nothing in it was run')
  assert not trace.exists()


def test_a_pickle_without_tensors(folder):
  (folder / 'model.safetensors').unlink()
  torch.save({'shared.weight': 'none'}, folder / 'pytorch_model.bin')
  _refused(folder, 'pytorch_model.bin', 'shared.weight is no tensor')
  torch.save([1], folder / 'pytorch_model.bin')
  _refused(folder, 'holds a list')


def test_a_pickle_without_torch(folder, monkeypatch):
  (folder / 'model.safetensors').rename(folder / 'pytorch_model.bin')
  monkeypatch.setitem(__import__('sys').modules, 'torch', None)
  _refused(folder, 'pytorch_model.bin is a pickle', 'torch is not installed')
