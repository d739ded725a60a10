"""What a run learns from, in a few lines that tell other data apart."""

import hashlib

from distill_jax.data import cached, fingerprint
from distill_jax.training import run as run_lib

_TOKENS = ('*.offsets', '*.values')


def described(run: run_lib.Run) -> str:
  """Returns a line per split that the run reads, and one for its vocabulary.

  Equal texts mean equal tokens, wherever the files lie and whatever code made
  them. The token cache is built where it is absent.

  Example: `train: 2000 examples, tokens 0123456789abcdef, rows
  89abcdef01234567`.

  Raises:
    ValueError: for an unknown split, unusable input or a damaged cache.
  """
  names = dict.fromkeys(('train', run.validation.split))
  splits = [run.source.quietly(name) for name in names]
  vocabulary = run.source.vocabulary.fingerprint
  lines = [f'vocabulary: {vocabulary[:16]}', *map(_line, splits)]
  return ''.join(f'{line}\n' for line in lines)


def _line(split: cached.Split) -> str:
  files = fingerprint.inputs(split.folder, _TOKENS)
  tokens = fingerprint.digest(files)[:16]
  rows = hashlib.sha256(split.rows.tobytes()).hexdigest()[:16]
  return f'{split.name}: {len(split)} examples, tokens {tokens}, rows {rows}'
