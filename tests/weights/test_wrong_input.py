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
  _refused(folder, f'{folder}/model.safetensors lacks {_WO}, expected')


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
    ({'model_type': 'gpt2'}, 'the type \'gpt2\', expected "t5"'),
    ({'model_type': None}, 'the type None'),
    ({'d_ff': None}, "d_ff is 'absent'"),
    ({'d_ff': '40'}, "d_ff is '40', expected a whole number"),
    ({'relative_attention_num_buckets': 5}, 'relpos_num_buckets is 5'),
    ({'feed_forward_proj': 'gelu'}, "feed_forward_proj is 'gelu'"),
    ({'layer_norm_epsilon': 1e-5}, 'layer_norm_epsilon is 1e-05'),
    ({'eos_token_id': 2}, 'eos_token_id is 2'),
    ({'num_heads': 0}, 'num_heads is 0'),
    ({'d_model': 32}, 'expected (32,'),
    ({'num_layers': 4}, 'lacks encoder.block.3.layer.0.SelfAttention.'),
    (
      {'feed_forward_proj': 'relu'},
      'lacks decoder.block.0.layer.2.DenseReluDense.wi.weight',
    ),
    ({'feed_forward_proj': ['relu']}, "feed_forward_proj is ['relu']"),
    ({'dropout_rate': '0.1'}, "dropout_rate is '0.1', expected a number"),
    ({'dropout_rate': 1.5}, 'dropout_rate is 1.5'),
    ({'num_decoder_layers': '3'}, "num_decoder_layers is '3', expected a w"),
    ({'num_decoder_layers': 0}, 'num_decoder_layers is 0'),
    (
      {'relative_attention_num_buckets': 32.0},
      'relative_attention_num_buckets is 32.0, expected a whole number',
    ),
    (
      {'relative_attention_max_distance': [128]},
      'relative_attention_max_distance is [128], expected a whole number',
    ),
    ({'tie_word_embeddings': 'false'}, "embeddings is 'false', expected true"),
    ({'scale_decoder_outputs': 1}, 'scale_decoder_outputs is 1, expected true'),
    ({'scale_decoder_outputs': True}, 'lm_head.weight'),
  ],
)
def test_a_configuration_of_another_network(folder, fields, said):
  _configure(folder, **fields)
  _refused(folder, said, str(folder))


def test_a_configuration_with_nothing_for_a_number(folder):
  path = folder / 'config.json'
  said = json.loads(path.read_text())
  key = 'relative_attention_num_buckets'
  path.write_text(json.dumps(said | {key: None}))
  _refused(folder, f'config.json: {key} is None, expected a whole number')
  # As transformers has it: as many layers as the encoder.
  path.write_text(json.dumps(said | {'num_decoder_layers': None}))
  _refused(folder, 'lacks decoder.block.2.')


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


def test_a_tensor_that_no_part_holds(folder):
  _change(folder, lambda tensors: tensors.pop(_WO))
  tensors = safetensors.numpy.load_file(folder / 'model.safetensors')
  (folder / 'model.safetensors').rename(folder / 'model-1.safetensors')
  index = {'weight_map': dict.fromkeys(tensors, 'model-1.safetensors')}
  (folder / 'model.safetensors.index.json').write_text(json.dumps(index))
  _refused(folder, f'{folder}/model.safetensors.index.json lacks {_WO}, exp')


@pytest.mark.parametrize('copies', [True, False])
@pytest.mark.parametrize('pickled', [True, False])
def test_a_nan_in_an_embedding_with_copies(folder, copies, pickled):
  path = folder / 'model.safetensors'
  tensors = safetensors.numpy.load_file(path)
  tensors['shared.weight'][3, 2] = np.nan
  if copies:
    for stack in ('encoder', 'decoder'):
      name = f'{stack}.embed_tokens.weight'
      tensors[name] = tensors['shared.weight'].copy()
  safetensors.numpy.save_file(tensors, path)
  if pickled:
    path.unlink()
    tensors = {name: torch.tensor(array) for name, array in tensors.items()}
    torch.save(tensors, folder / 'pytorch_model.bin')
  _refused(folder, ' in ', 'holds nan at [3, 2] (token_embedder/embedding)')


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


@pytest.mark.parametrize(
  ('tensor', 'said'),
  [
    (torch.zeros(24, 40).to(torch.float8_e4m3fn), 'as float8_e4m3fn'),
    (torch.zeros(24, 40, dtype=torch.int64), 'as int64'),
    (torch.zeros(24, 40).to_sparse(), '(torch.sparse_coo)'),
    (torch.tensor(0.5), 'is () as our encoder/layers_1/mlp/wo/kernel'),
  ],
)
def test_a_pickle_with_another_tensor(folder, tensor, said):
  path = folder / 'model.safetensors'
  arrays = safetensors.numpy.load_file(path)
  path.unlink()
  state = {name: torch.tensor(array) for name, array in arrays.items()}
  torch.save(state | {_WO: tensor}, folder / 'pytorch_model.bin')
  _refused(folder, 'pytorch_model.bin', _WO, said)
  torch.save({0: torch.zeros(2)}, folder / 'pytorch_model.bin')
  _refused(folder, 'pytorch_model.bin holds a dict, expected a dict from names')


def test_a_pickle_without_torch(folder, monkeypatch):
  (folder / 'model.safetensors').rename(folder / 'pytorch_model.bin')
  monkeypatch.setitem(__import__('sys').modules, 'torch', None)
  _refused(folder, 'pytorch_model.bin is a pickle', 'torch is not installed')
