"""BERT against transformers': numbers, folders, and what is no BERT."""

import dataclasses
import json
import math
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from distill_jax.models import bert, repeat
from distill_jax.weights import hugging_face, hugging_face_writing, template
from tests.weights import trees

torch = pytest.importorskip('torch')
transformers = pytest.importorskip('transformers')

_SHAPES = {
  'small': {
    'vocab_size': 97,
    'hidden_size': 24,
    'num_attention_heads': 4,
    'intermediate_size': 40,
    'num_hidden_layers': 3,
    'max_position_embeddings': 32,
  },
  'one head': {
    'vocab_size': 31,
    'hidden_size': 10,
    'num_attention_heads': 1,
    'intermediate_size': 12,
    'num_hidden_layers': 1,
    'max_position_embeddings': 20,
    'type_vocab_size': 3,
    'layer_norm_eps': 1e-5,
  },
}
_WO = 'encoder.layer.0.output.dense.weight'


def _save(folder: pathlib.Path, shape: str = 'small', kind=None):
  """A random model whose every parameter, norms and biases too, is drawn."""
  torch.manual_seed(3)
  config = transformers.BertConfig(**_SHAPES[shape])
  model = (kind or transformers.BertModel)(config)
  with torch.no_grad():
    for name, weight in model.named_parameters():
      if 'LayerNorm.weight' in name:
        weight.uniform_(0.5, 1.5)
      else:
        weight.normal_(0.0, 0.4)
  model.save_pretrained(folder)
  return model.eval()


def _inputs(config) -> tuple[np.ndarray, np.ndarray]:
  rng = np.random.default_rng(0)
  ids = rng.integers(1, config.vocab_size, (4, 20))
  for row in range(4):
    ids[row, 20 - 5 * row :] = 0
  return ids, rng.integers(0, config.type_vocab_size, ids.shape)


def _theirs(model, ids, types) -> np.ndarray:
  with torch.no_grad():
    return model(
      input_ids=torch.tensor(ids),
      token_type_ids=torch.tensor(types),
      attention_mask=torch.tensor(ids > 0),
    ).last_hidden_state.numpy()


@pytest.mark.parametrize('shape', _SHAPES)
def test_encodings_equal_transformers(tmp_path, shape):
  model = _save(tmp_path, shape)
  ids, types = _inputs(model.config)
  weights = hugging_face.read(tmp_path)
  params = trees.tree(weights)
  expected = _theirs(model, ids, types)
  assert np.abs(expected).max() > 2.0, 'too small to tell a difference'
  scanned = dataclasses.replace(weights.config, scan_layers=True, remat=True)
  for config, tree in (
    (weights.config, params),
    (scanned, repeat.stack(params)),
  ):
    ours = jax.jit(bert.Bert(config).apply)({'params': tree}, ids, types)
    np.testing.assert_allclose(
      ours[ids > 0], expected[ids > 0], rtol=0, atol=1e-4
    )


def test_padding_changes_nothing(tmp_path):
  model = _save(tmp_path)
  weights = hugging_face.read(tmp_path)
  variables = {'params': trees.tree(weights)}
  ids, _ = _inputs(model.config)
  network = bert.Bert(weights.config)
  alone = network.apply(variables, ids[2:3, :10])
  padded = network.apply(variables, np.pad(ids[2:3, :10], ((0, 0), (0, 9))))
  np.testing.assert_allclose(padded[:, :10], alone, rtol=0, atol=1e-5)


def test_an_input_longer_than_the_positions(tmp_path):
  config = bert.BertConfig(
    vocab_size=9,
    emb_dim=4,
    num_heads=2,
    mlp_dim=4,
    num_encoder_layers=1,
    num_positions=6,
  )
  ids = jnp.ones((1, 7), jnp.int32)
  with pytest.raises(ValueError, match='7 tokens wide, expected at most'):
    bert.Bert(config).init(jax.random.key(0), ids)


def test_dropout_needs_a_key_and_moves_the_result():
  config = bert.BertConfig(
    vocab_size=9, emb_dim=8, num_heads=2, mlp_dim=4, num_encoder_layers=2
  )
  network, ids = bert.Bert(config), jnp.ones((2, 5), jnp.int32)
  variables = network.init(jax.random.key(0), ids)
  apply = lambda **rngs: network.apply(variables, ids, rngs=rngs)
  np.testing.assert_array_equal(apply(), apply())
  first = apply(dropout=jax.random.key(1))
  np.testing.assert_array_equal(first, apply(dropout=jax.random.key(1)))
  assert np.abs(first - apply(dropout=jax.random.key(2))).max() > 0.1


def test_heads_and_older_names_are_left_out_and_said(tmp_path):
  whole = _save(tmp_path / 'whole', kind=transformers.BertForPreTraining)
  weights = hugging_face.read(tmp_path / 'whole')
  assert any('bert.pooler.dense.weight is left out' in n for n in weights.notes)
  assert any('cls.predictions' in note for note in weights.notes)
  ids, types = _inputs(whole.config)
  expected = _theirs(whole.bert, ids, types)

  old = tmp_path / 'old'
  old.mkdir()
  state = {
    name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace(
      'LayerNorm.bias', 'LayerNorm.beta'
    ): tensor
    for name, tensor in whole.state_dict().items()
  }
  state['bert.embeddings.position_ids'] = torch.arange(32)[None]
  torch.save(state, old / 'pytorch_model.bin')
  config = (tmp_path / 'whole' / 'config.json').read_text()
  (old / 'config.json').write_text(config)
  for folder in (tmp_path / 'whole', old):
    found = hugging_face.read(folder)
    network = bert.Bert(found.config)
    ours = network.apply({'params': trees.tree(found)}, ids, types)
    np.testing.assert_allclose(
      ours[ids > 0], expected[ids > 0], rtol=0, atol=1e-4
    )


def test_there_and_back(tmp_path):
  model = _save(tmp_path / 'theirs', 'one head')
  weights = hugging_face.read(tmp_path / 'theirs')
  (tmp_path / 'ours').mkdir()
  hugging_face_writing.write(tmp_path / 'ours', weights.config, weights.tensors)
  load = transformers.BertModel.from_pretrained
  again = load(tmp_path / 'ours', add_pooling_layer=False).eval()
  inputs = _inputs(model.config)
  np.testing.assert_array_equal(
    _theirs(again, *inputs), _theirs(model, *inputs)
  )
  assert hugging_face.read(tmp_path / 'ours').config == weights.config


def test_missing_and_left_over_tensors(tmp_path):
  _save(tmp_path)
  path = tmp_path / 'model.safetensors'
  tensors = safetensors.numpy.load_file(path)
  less = {name: array for name, array in tensors.items() if name != _WO}
  safetensors.numpy.save_file(less, path)
  with pytest.raises(ValueError, match=f'lacks {_WO}, expected .* whole BERT'):
    hugging_face.read(tmp_path)
  more = tensors | {'adapter.a': np.zeros((2, 2), np.float32)}
  safetensors.numpy.save_file(more, path)
  with pytest.raises(
    ValueError, match=r'holds adapter.a in .* one BERT and no'
  ):
    hugging_face.read(tmp_path)


@pytest.mark.parametrize(
  ('fields', 'said'),
  [
    ({'hidden_act': 'relu'}, "hidden_act is 'relu', expected 'gelu'"),
    ({'position_embedding_type': 'relative_key'}, 'position_embedding_type'),
    ({'hidden_size': '24'}, "hidden_size is '24', expected a whole number"),
    ({'num_attention_heads': 5}, 'expected a multiple of num_heads = 5'),
    ({'model_type': 'roberta'}, "the type 'roberta', expected"),
  ],
)
def test_a_configuration_of_another_network(tmp_path, fields, said):
  _save(tmp_path)
  path = tmp_path / 'config.json'
  path.write_text(json.dumps(json.loads(path.read_text()) | fields))
  with pytest.raises(ValueError, match=said):
    hugging_face.read(tmp_path)


def test_the_size_of_linkbert_base():
  # transformers counts 108,310,272: with the pooler, which is left out here.
  config = bert.BertConfig(
    vocab_size=28996,
    emb_dim=768,
    num_heads=12,
    mlp_dim=3072,
    num_encoder_layers=12,
  )
  shapes = template.shapes(config).values()
  with torch.device('meta'):
    model = transformers.BertModel(transformers.BertConfig(vocab_size=28996))
  pooler = sum(weight.numel() for weight in model.pooler.parameters())
  theirs = sum(weight.numel() for weight in model.parameters())
  assert theirs == 108_310_272
  assert sum(map(math.prod, shapes)) == theirs - pooler == 107_719_680
