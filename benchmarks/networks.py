"""T5 of the papers' sizes, with random parameters."""

import jax

from distill_jax.models import t5
from distill_jax.students import encoder_decoder

VOCABULARY = 32_100  # pieces; the embedding has 32,128 rows
_HEAD_DIM = 64
# D, H, F and the layers of each stack: arXiv:1910.10683, section 3.7.
_SIZES = {
  't5_tiny': (64, 2, 128, 2),  # of no paper, to try a command
  't5_small': (512, 8, 2048, 6),
  't5_base': (768, 12, 3072, 12),
  't5_large': (1024, 16, 4096, 24),
}
NAMES = tuple(_SIZES)


def config(name: str, **changes: object) -> t5.T5Config:
  """Returns the sizes of a T5 1.0.

  Args:
    name: one of `NAMES`.
    **changes: other fields, such as `dtype` or `dropout_rate`.
  """
  width, heads, inner, layers = _SIZES[name]
  fields = {
    'vocab_size': 32_128,
    'emb_dim': width,
    'num_heads': heads,
    'head_dim': _HEAD_DIM,
    'mlp_dim': inner,
    'num_encoder_layers': layers,
    'num_decoder_layers': layers,
    'mlp_activations': ('relu',),
    'logits_via_embedding': True,
    'dropout_rate': 0.0,
  }
  return t5.T5Config(**{**fields, **changes})


def student(c: t5.T5Config) -> encoder_decoder.EncoderDecoder:
  """Returns the T5 as a student."""
  return encoder_decoder.EncoderDecoder(config=c)


def fresh(network):
  """Returns random parameters of a student or a critic."""
  return jax.jit(network.init)(jax.random.key(0))


def usual_dtype() -> str:
  """Returns float32 on a CPU, where it is the faster type; else bfloat16."""
  return 'float32' if jax.default_backend() == 'cpu' else 'bfloat16'
