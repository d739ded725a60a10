"""OPT as transformers stores it."""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from distill_jax.models import opt_config
from distill_jax.text import reserved
from distill_jax.weights import described, family

_SIZES = {
  'vocab_size': 'vocab_size',
  'emb_dim': 'hidden_size',
  'num_heads': 'num_attention_heads',
  'mlp_dim': 'ffn_dim',
  'num_decoder_layers': 'num_hidden_layers',
  'num_positions': 'max_position_embeddings',
}
_OPTIONAL = {
  'word_embed_proj_dim': described.WHOLE,
  'do_layer_norm_before': described.SWITCH,
  'dropout': described.NUMBER,
}

# What our OPT cannot be told, with the value that it has.
_FIXED = {
  'activation_function': 'relu',
  'enable_bias': True,
  'layer_norm_elementwise_affine': True,
  '_remove_final_layer_norm': False,
  'tie_word_embeddings': True,
  'pad_token_id': 1,
  'bos_token_id': 2,
  'eos_token_id': 2,
}

_EMBEDDING = 'token_embedder/embedding'
_LOGITS = 'lm_head.weight'
_ROOT = {
  'token_embedder': 'embed_tokens',
  'position_embedder': 'embed_positions',
  'project_in': 'project_in',
  'project_out': 'project_out',
  'decoder_norm': 'final_layer_norm',
}
_PARTS = {
  'self_attention/query': 'self_attn.q_proj',
  'self_attention/key': 'self_attn.k_proj',
  'self_attention/value': 'self_attn.v_proj',
  'self_attention/out': 'self_attn.out_proj',
  'self_attention_layer_norm': 'self_attn_layer_norm',
  'wi': 'fc1',
  'wo': 'fc2',
  'mlp_layer_norm': 'final_layer_norm',
}
_STACK = 'model.decoder.'


class Opt(family.Family):
  """OPT and OPT-IML.

  The rows of the embedding are put into the order of our ids, see
  `text.reserved`, and back.
  """

  model_type = 'opt'
  configuration = opt_config.OptConfig

  def read(
    self, path: pathlib.Path, said: Mapping[str, Any]
  ) -> opt_config.OptConfig:
    """Returns the sizes; `dropout_rate` is taken over, `dtype` is float32."""
    described.require_fixed(path, said, _FIXED)
    needed = dict.fromkeys(_SIZES.values(), described.WHOLE)
    described.require(path, said, needed, _OPTIONAL, 'OPT')
    try:
      return opt_config.OptConfig(
        **{ours: said[theirs] for ours, theirs in _SIZES.items()},
        token_dim=said.get('word_embed_proj_dim', said['hidden_size']),
        norm_first=said.get('do_layer_norm_before', True),
        dropout_rate=said.get('dropout', 0.1),
      )
    except ValueError as error:
      raise ValueError(f'{path}: {error}') from error

  def said(self, config: opt_config.OptConfig) -> dict[str, Any]:
    """Returns the config.json, without the dtype."""
    if config.norm_epsilon != 1e-5:
      raise ValueError(
        f'OptConfig.norm_epsilon is {config.norm_epsilon}, which transformers '
        'cannot be told; expected 1e-05.'
      )
    return {
      'architectures': ['OPTForCausalLM'],
      'model_type': self.model_type,
      **{theirs: getattr(config, ours) for ours, theirs in _SIZES.items()},
      'word_embed_proj_dim': config.token_dim,
      'do_layer_norm_before': config.norm_first,
      'dropout': config.dropout_rate,
      'attention_dropout': 0.0,
      'layerdrop': 0.0,
      'init_std': 0.02,
      'use_cache': True,
      **_FIXED,
    }

  def writes(self) -> dict[str, Any]:
    """Returns the ids that a generation_config.json begins with."""
    return {'bos_token_id': 2, 'eos_token_id': 2, 'pad_token_id': 1}

  def theirs(self, name: str) -> str:
    """Returns the name in transformers of our parameter `name`.

    'layers_2/self_attention/query/kernel' becomes
    'model.decoder.layers.2.self_attn.q_proj.weight'.
    """
    *parts, last = name.split('/')
    end = 'bias' if last == 'bias' else 'weight'
    if parts[0] in _ROOT:
      return f'{_STACK}{_ROOT[parts[0]]}.{end}'
    number = parts[0].removeprefix('layers_')
    return f'{_STACK}layers.{number}.{_PARTS["/".join(parts[1:])]}.{end}'

  def to_ours(self, name: str, array: np.ndarray) -> np.ndarray:
    """Returns a stored array as our parameter `name`."""
    if name == _EMBEDDING:
      return array[reserved.to_theirs(len(array))]
    return super().to_ours(name, array)

  def to_theirs(self, name: str, array: np.ndarray) -> np.ndarray:
    """Returns our parameter `name` as it is stored: undoes `to_ours`."""
    if name == _EMBEDDING:
      return array[reserved.to_ours(len(array))]
    return super().to_theirs(name, array)

  def tidy(
    self, place: str, config: opt_config.OptConfig, stored: family.Stored
  ) -> list[str]:
    """Puts `model.` before older names; takes out the copy for the logits."""
    for name in list(stored):
      if name.startswith('decoder.') and f'model.{name}' not in stored:
        stored[f'model.{name}'] = stored.pop(name)
    embedding = self.theirs(_EMBEDDING)
    if _LOGITS in stored and embedding in stored:
      self.drop_copy(stored, _LOGITS, embedding, _EMBEDDING)
    return []
