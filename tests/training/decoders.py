"""Runs of seconds whose student is an OPT."""

import pathlib
import shutil

from distill_jax.cli import loading
from tests import shared
from tests.training import small

_SIZES = {
  'opt.OptConfig.emb_dim': 16,
  'opt.OptConfig.num_heads': 2,
  'opt.OptConfig.mlp_dim': 16,
  'opt.OptConfig.num_decoder_layers': 2,
  'opt.OptConfig.token_dim': 16,
  'opt.OptConfig.num_positions': 1536,
  'opt.OptConfig.dropout_rate': 0.1,
}


def load(model_dir, data, *files: str, **bindings: object):
  """Returns a run as `small.load` does, of an OPT with SentencePiece."""
  given = {
    'MODEL_DIR': model_dir,
    'DATA_DIR': data / 'records',
    'CACHE_DIR': data / 'cache',
    **_SIZES,
    **bindings,
  }
  pairs = [(name, str(value)) for name, value in given.items()]
  names = [str(small.GIN), *files, 'models/opt_tiny.gin']
  return loading.load(names, pairs)


def finetuning(model_dir, data, folder: pathlib.Path, **bindings: object):
  """Returns a run that fine-tunes an OPT with its own vocabulary."""
  given = {
    'MODEL_DIR': model_dir,
    'TASK': 'records',
    'DATA_DIR': data / 'records',
    'CACHE_DIR': data / 'cache',
    'VOCABULARY': folder,
    'STEPS': 100,
    'BATCH_SIZE': 4,
    'WARMUP': 2,
    'LEARNING_RATE': 1e-2,
    'VALIDATE_EVERY': 50,
    'LOG_EVERY': 50,
    **_SIZES,
    'opt.OptConfig.vocab_size': 50272,
    'opt.OptConfig.dropout_rate': 0.0,
    **bindings,
  }
  names = [
    'finetune_tiny.gin',
    'models/opt_tiny.gin',
    'parts/opt_vocabulary.gin',
  ]
  return loading.load(names, [(name, str(at)) for name, at in given.items()])


def vocabulary(folder: pathlib.Path) -> pathlib.Path:
  """Returns a folder with OPT's own vocabulary, as on the hub."""
  folder.mkdir()
  source = shared.path('tokenizers', 'opt_vocab.json')
  shutil.copy(source, folder / 'vocab.json')
  shutil.copy(source.with_name('gpt2_merges.txt'), folder / 'merges.txt')
  return folder
