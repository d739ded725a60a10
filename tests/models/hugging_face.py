"""Random transformers models, and their weights in our tree."""

import pathlib

import jax
import numpy as np
import pytest

from distill_jax.models import t5

torch = pytest.importorskip('torch')
transformers = pytest.importorskip('transformers')

_CONFIG = {
  'vocab_size': 97,
  'd_model': 24,
  'd_kv': 8,
  'd_ff': 40,
  'num_layers': 3,
  'num_decoder_layers': 2,  # generate fails if there are more
  'num_heads': 4,
  'decoder_start_token_id': 0,
  'dropout_rate': 0.0,
}


def tied() -> tuple['transformers.T5ForConditionalGeneration', t5.T5Config]:
  """A T5 1.0: relu, logits by the embedding."""
  torch.manual_seed(4)
  hf = transformers.T5Config(
    **_CONFIG, feed_forward_proj='relu', tie_word_embeddings=True
  )
  model = transformers.T5ForConditionalGeneration(hf)
  _scatter(model)
  return model.eval(), _config(hf, ('relu',), tied=True)


def untied(
  folder: pathlib.Path,
) -> tuple['transformers.T5ForConditionalGeneration', t5.T5Config]:
  """A T5 1.1: gated gelu, logits by a matrix of their own.

  transformers ties a model built from a configuration alone and unties one
  that is loaded from a file with both matrices.
  """
  torch.manual_seed(1)
  hf = transformers.T5Config(
    **_CONFIG, feed_forward_proj='gated-gelu', tie_word_embeddings=False
  )
  model = transformers.T5ForConditionalGeneration(hf)
  model.lm_head.weight = torch.nn.Parameter(
    torch.randn(hf.vocab_size, hf.d_model)
  )
  _scatter(model)
  model.save_pretrained(folder)
  loaded = transformers.T5ForConditionalGeneration.from_pretrained(folder)
  assert not np.array_equal(
    loaded.lm_head.weight.detach(), loaded.shared.weight.detach()
  )
  return loaded.eval(), _config(hf, ('gelu', 'linear'), tied=False)


def params(model: 'transformers.T5ForConditionalGeneration') -> dict:
  """Returns the weights as our tree; torch stores (outputs, inputs)."""
  state = {k: v.detach().numpy() for k, v in model.state_dict().items()}
  kernel = lambda name: {'kernel': state[f'{name}.weight'].T}
  scale = lambda name: {'scale': state[f'{name}.weight']}

  def attention(name):
    ours = {'query': 'q', 'key': 'k', 'value': 'v', 'out': 'o'}
    return {key: kernel(f'{name}.{value}') for key, value in ours.items()}

  def mlp(name):
    parts = ('wi', 'wi_0', 'wi_1', 'wo')
    there = [part for part in parts if f'{name}.{part}.weight' in state]
    return {part: kernel(f'{name}.{part}') for part in there}

  def bias(stack):
    name = f'{stack}.block.0.layer.0.SelfAttention.relative_attention_bias'
    return {'rel_embedding': state[f'{name}.weight'].T}

  def encoder_layer(i):
    at = f'encoder.block.{i}.layer'
    return {
      'pre_attention_layer_norm': scale(f'{at}.0.layer_norm'),
      'attention': attention(f'{at}.0.SelfAttention'),
      'pre_mlp_layer_norm': scale(f'{at}.1.layer_norm'),
      'mlp': mlp(f'{at}.1.DenseReluDense'),
    }

  def decoder_layer(i):
    at = f'decoder.block.{i}.layer'
    return {
      'pre_self_attention_layer_norm': scale(f'{at}.0.layer_norm'),
      'self_attention': attention(f'{at}.0.SelfAttention'),
      'pre_cross_attention_layer_norm': scale(f'{at}.1.layer_norm'),
      'encoder_decoder_attention': attention(f'{at}.1.EncDecAttention'),
      'pre_mlp_layer_norm': scale(f'{at}.2.layer_norm'),
      'mlp': mlp(f'{at}.2.DenseReluDense'),
    }

  c = model.config
  tree = {
    'token_embedder': {'embedding': state['shared.weight']},
    'encoder': {
      'relpos_bias': bias('encoder'),
      'encoder_norm': scale('encoder.final_layer_norm'),
      **{f'layers_{i}': encoder_layer(i) for i in range(c.num_layers)},
    },
    'decoder': {
      'relpos_bias': bias('decoder'),
      'decoder_norm': scale('decoder.final_layer_norm'),
      **{f'layers_{i}': decoder_layer(i) for i in range(c.num_decoder_layers)},
    },
  }
  if not c.scale_decoder_outputs:
    tree['decoder']['logits_dense'] = kernel('lm_head')
  return jax.tree.map(jax.numpy.asarray, tree)


def _scatter(model) -> None:
  """Draws all weights anew, large enough for attention to matter.

  A fresh transformers model has norms of 1 and such small projections that a
  wrong bias would hide below the tolerance. EOS gets logits that vary more, so
  that some texts end.
  """
  with torch.no_grad():
    for name, weight in model.named_parameters():
      if 'layer_norm' in name:
        weight.uniform_(0.5, 1.5)
      else:
        weight.normal_(0.0, 1.0 if 'shared' in name else 0.2)
      if name in ('shared.weight', 'lm_head.weight'):
        weight[1] *= 2.0


def _config(hf, activations, *, tied: bool) -> t5.T5Config:
  return t5.T5Config(
    vocab_size=hf.vocab_size,
    emb_dim=hf.d_model,
    num_heads=hf.num_heads,
    head_dim=hf.d_kv,
    mlp_dim=hf.d_ff,
    num_encoder_layers=hf.num_layers,
    num_decoder_layers=hf.num_decoder_layers,
    mlp_activations=activations,
    logits_via_embedding=tied,
    dropout_rate=0.0,
  )
