"""Folders that transformers wrote, and folders that it reads."""

import json

import jax
import numpy as np
import pytest
import safetensors
import safetensors.numpy

from distill_jax.models import t5
from distill_jax.weights import hugging_face, hugging_face_writing

models = pytest.importorskip('tests.weights.models')
torch = pytest.importorskip('torch')


def _params(weights) -> dict:
  """The tensors as the tree that our network takes."""
  tree: dict = {}
  for name, tensor in weights.tensors.items():
    *parts, last = name.split('/')
    node = tree
    for part in parts:
      node = node.setdefault(part, {})
    node[last] = tensor.read()
  return tree


def _tokens(vocab_size: int, rows: int = 3, length: int = 30):
  rng = np.random.default_rng(5)
  tokens = rng.integers(2, vocab_size, (2, rows, length))
  for row in range(rows):
    tokens[:, row, length - 4 * row :] = 0
  return tokens


def _stored(folder) -> dict[str, np.ndarray]:
  """Every tensor of a folder, read by the library."""
  found = {}
  for path in sorted(folder.glob('*.safetensors')):
    found.update(safetensors.numpy.load_file(path))
  return found


def _ours(weights, inputs, targets):
  network = t5.T5(weights.config)
  return jax.jit(network.apply)({'params': _params(weights)}, inputs, targets)


@pytest.mark.parametrize(('version', 'shape'), models.ALL)
def test_logits_and_bytes_survive_both_ways(version, shape, tmp_path):
  theirs = models.save(tmp_path / 'theirs', version, shape)
  weights = hugging_face.read(tmp_path / 'theirs')
  inputs, targets = _tokens(weights.config.vocab_size)
  expected = models.logits(theirs, inputs, targets)
  np.testing.assert_allclose(
    _ours(weights, inputs, targets), expected, rtol=0, atol=1e-4
  )
  assert np.abs(expected).max() > 1.0, 'too small to tell a difference'

  (tmp_path / 'ours').mkdir()
  hugging_face_writing.write(tmp_path / 'ours', weights.config, weights.tensors)
  before, after = _stored(tmp_path / 'theirs'), _stored(tmp_path / 'ours')
  assert before.keys() == after.keys()
  for name, array in before.items():
    assert array.dtype == after[name].dtype
    assert array.tobytes() == after[name].tobytes(), name
  again = models.logits(models.load(tmp_path / 'ours'), inputs, targets)
  np.testing.assert_array_equal(again, expected)


def test_shards_are_read_and_written(tmp_path):
  theirs = models.save(tmp_path / 'theirs', max_shard_size='20KB')
  assert not (tmp_path / 'theirs' / 'model.safetensors').exists()
  weights = hugging_face.read(tmp_path / 'theirs')
  inputs, targets = _tokens(weights.config.vocab_size)
  expected = models.logits(theirs, inputs, targets)
  np.testing.assert_allclose(
    _ours(weights, inputs, targets), expected, rtol=0, atol=1e-4
  )
  (tmp_path / 'ours').mkdir()
  hugging_face_writing.write(
    tmp_path / 'ours', weights.config, weights.tensors, shard_bytes=30_000
  )
  files = list((tmp_path / 'ours').glob('model-*-of-*.safetensors'))
  assert len(files) > 2
  assert all(file.stat().st_size < 36_000 for file in files)
  again = models.logits(models.load(tmp_path / 'ours'), inputs, targets)
  np.testing.assert_array_equal(again, expected)


def test_logits_that_transformers_ties_begin_as_the_embedding(tmp_path):
  theirs = models.save(tmp_path / 'theirs', own_logits=False)
  weights = hugging_face.read(tmp_path / 'theirs')
  assert not weights.config.logits_via_embedding
  assert 'copy of the embedding' in weights.notes[0]
  inputs, targets = _tokens(weights.config.vocab_size)
  expected = models.logits(theirs, inputs, targets)
  np.testing.assert_allclose(
    _ours(weights, inputs, targets), expected, rtol=0, atol=1e-4
  )
  (tmp_path / 'ours').mkdir()
  hugging_face_writing.write(tmp_path / 'ours', weights.config, weights.tensors)
  after = _stored(tmp_path / 'ours')
  for name, array in _stored(tmp_path / 'theirs').items():
    assert array.tobytes() == after[name].tobytes(), name
  again = models.logits(models.load(tmp_path / 'ours'), inputs, targets)
  np.testing.assert_array_equal(again, expected)


def test_bfloat16_stays_and_is_cast(tmp_path):
  models.save(tmp_path / 'theirs').to(torch.bfloat16).save_pretrained(
    tmp_path / 'half'
  )
  weights = hugging_face.read(tmp_path / 'half')
  whole = hugging_face.read(tmp_path / 'theirs')
  for name, tensor in weights.tensors.items():
    assert tensor.dtype.name == 'bfloat16'
    expected = torch.tensor(whole.tensors[name].read().copy())
    np.testing.assert_array_equal(
      tensor.read(np.dtype(np.float32)), expected.bfloat16().float().numpy()
    )
  (tmp_path / 'ours').mkdir()
  hugging_face_writing.write(tmp_path / 'ours', weights.config, weights.tensors)
  for name, tensor in hugging_face.read(tmp_path / 'ours').tensors.items():
    assert tensor.read().tobytes() == weights.tensors[name].read().tobytes()


def test_a_pickle_of_tensors_is_read_without_running_it(tmp_path):
  model = models.save(tmp_path / 'theirs')
  for name, zipped in (('new', True), ('old', False)):
    folder = tmp_path / name
    folder.mkdir()
    config = (tmp_path / 'theirs' / 'config.json').read_text()
    (folder / 'config.json').write_text(config)
    torch.save(
      model.state_dict(),
      folder / 'pytorch_model.bin',
      _use_new_zipfile_serialization=zipped,
    )
    weights = hugging_face.read(folder)
    whole = hugging_face.read(tmp_path / 'theirs')
    assert weights.tensors.keys() == whole.tensors.keys()
    for key, tensor in whole.tensors.items():
      np.testing.assert_array_equal(tensor.read(), weights.tensors[key].read())


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_a_pickle_of_parameters_that_want_gradients(tmp_path, dtype):
  model = models.save(tmp_path).to(dtype)
  (tmp_path / 'model.safetensors').unlink()
  path = tmp_path / 'pytorch_model.bin'
  torch.save(dict(model.named_parameters()), path)
  tensors = hugging_face.read(tmp_path).tensors
  expected = model.shared.weight.detach().float().numpy()
  found = tensors['token_embedder/embedding'].read(np.dtype(np.float32))
  np.testing.assert_array_equal(found, expected)


def test_what_older_files_hold_besides(tmp_path):
  models.save(tmp_path / 'theirs', '1.0')
  path = tmp_path / 'theirs' / 'model.safetensors'
  tensors = safetensors.numpy.load_file(path)
  shared = tensors['shared.weight']
  bias = 'decoder.block.0.layer.1.EncDecAttention.relative_attention_bias'
  more = {
    'encoder.embed_tokens.weight': shared.copy(),
    'decoder.embed_tokens.weight': shared.copy(),
    'lm_head.weight': shared.copy(),
    f'{bias}.weight': np.ones((32, 4), np.float32),
  }
  safetensors.numpy.save_file({**tensors, **more}, path)
  weights = hugging_face.read(tmp_path / 'theirs')
  assert len(weights.tensors) == len(tensors)
  assert f'{bias}.weight is left out' in weights.notes[0]

  more['decoder.embed_tokens.weight'][3, 2] += 1
  safetensors.numpy.save_file({**tensors, **more}, path)
  with pytest.raises(ValueError, match=r'decoder.embed_tokens.* differs from'):
    hugging_face.read(tmp_path / 'theirs')


def test_the_configuration_is_that_of_transformers(tmp_path):
  model = models.save(tmp_path / 'theirs', '1.1', 'narrow heads')
  c = hugging_face.read(tmp_path / 'theirs').config
  theirs = model.config
  assert c.emb_dim == theirs.d_model
  assert c.mlp_activations == ('gelu', 'linear')
  assert not c.logits_via_embedding
  assert c.num_decoder_layers == theirs.num_layers
  assert (c.relpos_num_buckets, c.relpos_max_distance) == (16, 40)
  said = json.loads((tmp_path / 'theirs' / 'config.json').read_text())
  # What transformers before 5 wrote for the same model.
  del said['scale_decoder_outputs']
  said['tie_word_embeddings'] = False
  (tmp_path / 'theirs' / 'config.json').write_text(json.dumps(said))
  assert hugging_face.read(tmp_path / 'theirs').config == c
