"""What the tensors cannot say: config.gin, the user, or an error."""

import dataclasses

import pytest

from distill_jax.weights import t5x, t5x_gin
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
  ],
)
def test_activations_of_config_gin(run, line):
  assert _read(run, line).config == t5x_trees.CONFIG
  assert _read(run, line, ('gelu', 'linear')).config == t5x_trees.CONFIG


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
