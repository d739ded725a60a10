"""T5 as transformers stores it."""

import pathlib
from collections.abc import Mapping
from typing import Any

from distill_jax.models import config as config_lib
from distill_jax.weights import described, family, t5_names

_SIZES = {
  'vocab_size': 'vocab_size',
  'emb_dim': 'd_model',
  'num_heads': 'num_heads',
  'head_dim': 'd_kv',
  'mlp_dim': 'd_ff',
  'num_encoder_layers': 'num_layers',
}

_OPTIONAL = {
  'num_decoder_layers': ((int, type(None)), 'a whole number'),
  'feed_forward_proj': described.NAME,
  'dropout_rate': described.NUMBER,
  'relative_attention_num_buckets': described.WHOLE,
  'relative_attention_max_distance': described.WHOLE,
  'tie_word_embeddings': described.SWITCH,
  'scale_decoder_outputs': described.SWITCH,
}

# 'gelu' alone is the exact one there; only 'gated-gelu' is T5's tanh form.
_ACTIVATIONS = {
  'relu': ('relu',),
  'silu': ('silu',),
  'gated-gelu': ('gelu', 'linear'),
  'gated-silu': ('silu', 'linear'),
  'gated-relu': ('relu', 'linear'),
}
_FORMS = {names: form for form, names in _ACTIVATIONS.items()}

# What our T5 cannot be told, with the value that it has.
_FIXED = {
  'layer_norm_epsilon': 1e-6,
  'decoder_start_token_id': 0,
  'pad_token_id': 0,
  'eos_token_id': 1,
}


class T5(family.Family):
  """T5 1.0, 1.1 and Flan."""

  model_type = 't5'
  configuration = config_lib.T5Config

  def read(
    self, path: pathlib.Path, said: Mapping[str, Any]
  ) -> config_lib.T5Config:
    """Returns the sizes; `dropout_rate` is taken over, `dtype` is float32."""
    described.require_fixed(path, said, _FIXED)
    needed = dict.fromkeys(_SIZES.values(), described.WHOLE)
    described.require(path, said, needed, _OPTIONAL, 'T5')
    form = said.get('feed_forward_proj', 'relu')
    if form not in _ACTIVATIONS:
      raise ValueError(
        f'{path}: feed_forward_proj is {form!r}, expected one of '
        f'{", ".join(_ACTIVATIONS)}.'
      )
    sizes = {ours: said[theirs] for ours, theirs in _SIZES.items()}
    layers = said.get('num_decoder_layers')
    try:
      return config_lib.T5Config(
        **sizes,
        num_decoder_layers=said['num_layers'] if layers is None else layers,
        mlp_activations=_ACTIVATIONS[form],
        logits_via_embedding=_scaled(said),
        dropout_rate=said.get('dropout_rate', 0.1),
        relpos_num_buckets=said.get('relative_attention_num_buckets', 32),
        relpos_max_distance=said.get('relative_attention_max_distance', 128),
      )
    except ValueError as error:
      raise ValueError(f'{path}: {error}') from error

  def said(self, config: config_lib.T5Config) -> dict[str, Any]:
    """Returns the config.json, without the dtype."""
    if config.mlp_activations not in _FORMS:
      raise ValueError(
        f'T5Config.mlp_activations is {config.mlp_activations}, which '
        'transformers cannot be told; expected one of '
        f'{", ".join(map(str, _FORMS))}.'
      )
    return {
      'architectures': ['T5ForConditionalGeneration'],
      'model_type': self.model_type,
      **{theirs: getattr(config, ours) for ours, theirs in _SIZES.items()},
      'num_decoder_layers': config.num_decoder_layers,
      'feed_forward_proj': _FORMS[config.mlp_activations],
      'tie_word_embeddings': config.logits_via_embedding,
      'dropout_rate': config.dropout_rate,
      'relative_attention_num_buckets': config.relpos_num_buckets,
      'relative_attention_max_distance': config.relpos_max_distance,
      'is_encoder_decoder': True,
      'use_cache': True,
      'initializer_factor': 1.0,
      **_FIXED,
    }

  def writes(self) -> dict[str, Any]:
    """Returns the ids that a generation_config.json begins with."""
    return {'decoder_start_token_id': 0, 'eos_token_id': 1, 'pad_token_id': 0}

  def theirs(self, name: str) -> str:
    """Returns the name in transformers of our parameter `name`."""
    return t5_names.theirs(name)

  def transposed(self, name: str) -> bool:
    """Whether transformers stores our parameter with its axes swapped."""
    return name.endswith(('kernel', 'rel_embedding'))

  def tidy(
    self, place: str, config: config_lib.T5Config, stored: family.Stored
  ) -> list[str]:
    """Takes out unused tensors and copies; adds logits that are tied."""
    there = [name for name in t5_names.UNUSED if name in stored]
    for name in there:
      del stored[name]
    notes = [f'{name} is left out: no T5 uses it' for name in there]
    logits, embedding = t5_names.LOGITS, t5_names.EMBEDDING
    self._drop_copies(stored, tied=config.logits_via_embedding)
    lacking = logits not in stored and embedding in stored
    if not config.logits_via_embedding and lacking:
      stored[logits] = stored[embedding]
      notes.append(
        f'{place} holds no {logits}: the logits begin as a copy of the '
        'embedding, as transformers has it'
      )
    return notes

  def _drop_copies(self, stored: family.Stored, *, tied: bool) -> None:
    embedding, copies = t5_names.EMBEDDING, t5_names.COPIES
    if tied:
      copies = (*copies, t5_names.LOGITS)
    there = [name for name in copies if name in stored]
    if there and embedding not in stored:
      stored[embedding] = stored.pop(there.pop(0))
    for name in there:
      self.drop_copy(stored, name, embedding, 'token_embedder/embedding')


def _scaled(said: Mapping[str, Any]) -> bool:
  """Whether the logits are the scaled ones of T5 1.0.

  transformers 5 writes `scale_decoder_outputs` and always ties; before that
  the tie alone said it.
  """
  tied = said.get('tie_word_embeddings', True)
  return said.get('scale_decoder_outputs', tied)
