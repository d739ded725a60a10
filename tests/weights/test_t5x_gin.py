"""What the tensors cannot say: config.gin, the user, or an error."""

import dataclasses
import json

import pytest

from distill_jax.weights import (
  hugging_face_config,
  t5x,
  t5x_gin,
  t5x_writing,
)
from tests.weights import t5x_trees

# Lines of what T5X wrote for a run of its own (gin's form).
_GIN = """
from t5x.examples.t5 import network
from t5x import utils

ACTIVATIONS = ('gelu', 'linear')

# Parameters for network.T5Config:
# ==============================================================================
network.T5Config.dropout_rate = %DROPOUT_RATE
network.T5Config.dtype = 'float32'
network.T5Config.emb_dim = 12
{}

# Parameters for train/utils.DatasetConfig:
# ==============================================================================
train/utils.DatasetConfig.batch_size = 8
"""


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  folder = tmp_path_factory.mktemp('run')
  t5x_trees.save_folder(folder / 'checkpoint_5', t5x_trees.target())
  return folder


def _read(run, line, activations=None):
  (run / 'config.gin').write_text(_GIN.format(line))
  return t5x.read(str(run), activations)


@pytest.mark.parametrize(
  'line',
  [
    "network.T5Config.mlp_activations = ('gelu', 'linear')",
    "t5x.examples.t5.network.T5Config.mlp_activations = ['gelu', 'linear']",
    "T5Config.mlp_activations = \\\n    ('gelu',\\\n     'linear')",
    'network.T5Config.mlp_activations = %ACTIVATIONS',
    "network.T5Config.mlp_activations = (\n 'gelu', 'linear')",
    "network.T5Config.mlp_activations = (\n    'gelu',  # tanh\n'linear',\n)",
    "network.T5Config.mlp_activations = %LATER\nLATER = (\n'gelu',\n'linear')",
  ],
)
def test_activations_of_config_gin(run, line):
  assert _read(run, line).config == t5x_trees.CONFIG
  assert _read(run, line, ('gelu', 'linear')).config == t5x_trees.CONFIG


@pytest.mark.parametrize(
  ('line', 'rate'),
  [
    ('DROPOUT_RATE = 0.25', 0.25),
    ('DROPOUT_RATE = 0', 0),
    ('network.T5Config.dropout_rate = 0.3', 0.3),
    ('', 0.1),
  ],
)
def test_dropout_of_config_gin(run, line, rate):
  assert _read(run, line, ('gelu', 'linear')).config.dropout_rate == rate


def test_dropout_survives_both_ways(tmp_path):
  said = {
    'model_type': 't5',
    'vocab_size': 48,
    'd_model': 12,
    'num_heads': 3,
    'd_kv': 2,
    'd_ff': 10,
    'num_layers': 2,
    'num_decoder_layers': 3,
    'feed_forward_proj': 'gated-gelu',
    'tie_word_embeddings': False,
    'dropout_rate': 0.025,
  }
  (tmp_path / 'config.json').write_text(json.dumps(said))
  config = hugging_face_config.read(tmp_path / 'config.json')
  tensors = t5x_trees.target(config).items()
  named = ((name.removeprefix('target/'), array) for name, array in tensors)
  t5x_writing.write(tmp_path, named, config=config)
  config = t5x.read(str(tmp_path)).config
  hugging_face_config.write(tmp_path / 'again.json', config, 'float32')
  again = json.loads((tmp_path / 'again.json').read_text())
  assert {key: again[key] for key in said} == said


def test_a_string_is_one_activation(tmp_path):
  config = dataclasses.replace(t5x_trees.CONFIG, mlp_activations=('relu',))
  t5x_trees.save_file(tmp_path / 'checkpoint_1', t5x_trees.target(config))
  (tmp_path / 'config.gin').write_text("T5Config.mlp_activations = 'relu'")
  weights = t5x.read(str(tmp_path))
  assert weights.config.mlp_activations == ('relu',)


@pytest.mark.parametrize(
  ('content', 'message'),
  [
    (b'T5Config.mlp_activations = 5', r'mlp_activations is 5, expected names'),
    (b'T5Config.mlp_activations = (1, 2)', r'is \(1, 2\), expected names'),
    (b"T5Config.mlp_activations = 'gelu'", r"2 activations, got \('gelu',\)"),
    (b"T5Config.mlp_activations = ('a', 'b')", r"config.gin: .* is \('a', 'b'"),
    (
      b"T5Config.dropout_rate = '0.1'",
      r"dropout_rate is '0.1', expected a num",
    ),
    (b"NAME = 'caf\xe9'", r'cannot be read as a gin file \(.*byte 0xe9'),
    (b'T5Config.mlp_activations = (', r'cannot be read as a gin file \('),
    (b'', r'config.gin binds no T5Config.mlp_activations'),
  ],
)
def test_a_config_gin_that_is_damaged(run, content, message):
  (run / 'config.gin').write_bytes(content)
  with pytest.raises(ValueError, match=message) as caught:
    t5x.read(str(run))
  assert '\n' not in str(caught.value)
  assert str(run / 'config.gin') in str(caught.value) or 'got' in message


def test_config_gin_in_the_checkpoint_itself(run):
  (run / 'config.gin').unlink(missing_ok=True)
  line = "network.T5Config.mlp_activations = ('silu', 'linear')"
  path = run / 'checkpoint_5' / 'config.gin'
  path.write_text(_GIN.format(line))
  assert t5x.read(str(run)).config.mlp_activations == ('silu', 'linear')
  path.unlink()


def test_what_t5x_cannot_be_told_is_refused():
  sizes = dataclasses.replace(t5x_trees.CONFIG, relpos_max_distance=64)
  with pytest.raises(ValueError, match=r'distance of 64; .* have 32 and 128'):
    t5x_gin.text(sizes)


@pytest.mark.parametrize(
  ('line', 'given', 'message'),
  [
    ('', None, r'wi_0 and wi_1.*--activations=gelu,linear.*=relu'),
    ('network.T5Config.mlp_activations = %ELSEWHERE', None, 'does not say'),
    ('', ('relu',), r"expected 2 activations, got \('relu',\)"),
    (
      "network.T5Config.mlp_activations = ('gelu', 'linear')",
      ('silu', 'linear'),
      r"\('gelu', 'linear'\) by .*config.gin, got \('silu', 'linear'\)",
    ),
    (
      'network.T5Config.num_decoder_layers = 4',
      ('gelu', 'linear'),
      'num_decoder_layers 3 by its tensors and 4 by .*config.gin',
    ),
  ],
)
def test_nothing_is_guessed(run, line, given, message):
  with pytest.raises(ValueError, match=message):
    _read(run, line, given)


def test_one_wi_needs_one_activation(tmp_path):
  config = dataclasses.replace(t5x_trees.CONFIG, mlp_activations=('relu',))
  path = tmp_path / 'checkpoint_1'
  t5x_trees.save_file(path, t5x_trees.target(config))
  with pytest.raises(ValueError, match='each MLP has one wi'):
    t5x.read(str(path))
