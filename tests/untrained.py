"""The folder of a run whose best student has learnt nothing."""

import pathlib

import jax
from etils import epath

from distill_jax.cli import loading
from distill_jax.training import checkpoints
from tests.data import brought

_RUN = """
from __gin__ import dynamic_registration
from distill_jax.data import lengths
from distill_jax.data import source
from distill_jax.models import t5
include '{method}_tiny.gin'
TASK = 'records'
source.Source.lengths = @lengths.Lengths()
lengths.Lengths.inputs = 24
lengths.Lengths.label = 6
lengths.Lengths.rationale = 8
t5.T5Config.emb_dim = 16
t5.T5Config.num_heads = 2
t5.T5Config.head_dim = 8
t5.T5Config.mlp_dim = 16
t5.T5Config.num_encoder_layers = 1
t5.T5Config.num_decoder_layers = 1
"""


def write(folder: pathlib.Path, method: str = 'dss') -> pathlib.Path:
  """Returns the run's folder below `folder`, its data and cache beside it."""
  gin = folder / 'run.gin'
  gin.write_text(_RUN.format(method=method))
  given = {
    'MODEL_DIR': folder / method,
    'DATA_DIR': brought.write(folder / 'pens'),
    'CACHE_DIR': folder / 'caches',
  }
  bindings = [(name, str(path)) for name, path in given.items()]
  run, config = loading.load([str(gin)], bindings)
  model_dir = folder / method
  store = checkpoints.Store(epath.Path(model_dir / 'best'), keep=1)
  params = run.student.init(jax.random.key(0))
  store.save(7, {'student': params}, {'accuracy': 0.0, 'label_nll': 1.0})
  store.close()
  (model_dir / 'config.gin').write_text(config)
  return model_dir
