"""T5-small with random parameters: ours, and that of transformers."""

import jax
import numpy as np
import torch
import transformers

from distill_jax import batch as batch_lib
from distill_jax.models import t5
from distill_jax.students import encoder_decoder

VOCABULARY = 32_100  # pieces; the embedding has 32,128 rows
INPUTS = 128
LABEL = 8
RATIONALE = 96


def ours(dropout_rate: float = 0.0) -> encoder_decoder.EncoderDecoder:
  """Returns T5-small in float32, the faster type on a CPU."""
  config = t5.T5Config(
    vocab_size=32_128,
    emb_dim=512,
    num_heads=8,
    head_dim=64,
    mlp_dim=2048,
    num_encoder_layers=6,
    num_decoder_layers=6,
    mlp_activations=('relu',),
    logits_via_embedding=True,
    dropout_rate=dropout_rate,
  )
  return encoder_decoder.EncoderDecoder(config=config)


def theirs(dropout_rate: float = 0.0) -> torch.nn.Module:
  """Returns transformers' T5-small, whose configuration is its default."""
  config = transformers.T5Config(
    vocab_size=32_128, dropout_rate=dropout_rate, decoder_start_token_id=0
  )
  return transformers.T5ForConditionalGeneration(config)


def batch(size: int, num_positives: int, num_negatives: int) -> batch_lib.Batch:
  """Returns random tokens, every row full: padding costs the same."""
  rng = np.random.default_rng(0)
  draw = lambda *shape: rng.integers(3, VOCABULARY, shape, dtype=np.int32)
  return batch_lib.Batch(
    label_inputs=draw(size, INPUTS),
    label_targets=draw(size, LABEL),
    rationale_inputs=draw(size, INPUTS),
    questions=draw(size, INPUTS),
    positives=draw(size, num_positives, RATIONALE),
    negatives=draw(size, num_negatives, RATIONALE),
    positive_valid=np.ones((size, num_positives), bool),
    negative_valid=np.ones((size, num_negatives), bool),
    weights=np.ones((size,), np.float32),
    example_index=np.arange(size, dtype=np.int32),
  )


def fresh(student: encoder_decoder.EncoderDecoder):
  """Returns random parameters of a student."""
  return jax.jit(student.init)(jax.random.key(0))
