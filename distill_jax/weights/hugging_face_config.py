"""A T5's config.json, and what it says in our terms."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

from distill_jax.models import config as config_lib

_SIZES = {
  'vocab_size': 'vocab_size',
  'emb_dim': 'd_model',
  'num_heads': 'num_heads',
  'head_dim': 'd_kv',
  'mlp_dim': 'd_ff',
  'num_encoder_layers': 'num_layers',
}

# The types of a value, and what they are called.
_WHOLE = ((int,), 'a whole number')
_SWITCH = ((bool,), 'true or false')
_OPTIONAL = {
  'num_decoder_layers': ((int, type(None)), 'a whole number'),
  'feed_forward_proj': ((str,), 'a name'),
  'dropout_rate': ((int, float), 'a number'),
  'relative_attention_num_buckets': _WHOLE,
  'relative_attention_max_distance': _WHOLE,
  'tie_word_embeddings': _SWITCH,
  'scale_decoder_outputs': _SWITCH,
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


def read(path: pathlib.Path) -> config_lib.T5Config:
  """Returns what a config.json says.

  Its `dropout_rate` is taken over; `dtype` stays float32.

  Raises:
    ValueError: if it is no JSON, of another architecture, or incomplete.
  """
  said = _load(path)
  kind = said.get('model_type')
  if kind != 't5':
    raise ValueError(
      f'{path} describes a model of the type {kind!r}, expected "t5" (T5 1.0, '
      '1.1 or Flan).'
    )
  for key, value in _FIXED.items():
    if said.get(key, value) != value:
      raise ValueError(
        f'{path}: {key} is {said[key]!r}, expected {value!r}, the only value '
        'that is supported.'
      )
  for key in _SIZES.values():
    _require_type(path, key, said.get(key, 'absent'), *_WHOLE)
  for key, expected in _OPTIONAL.items():
    if key in said:
      _require_type(path, key, said[key], *expected)
  return _config(path, said)


def _require_type(
  path: pathlib.Path, key: str, value: Any, types: tuple[type, ...], shown: str
) -> None:
  if type(value) not in types:
    raise ValueError(
      f'{path}: {key} is {value!r}, expected {shown}, as in the config.json of '
      'a T5.'
    )


def _load(path: pathlib.Path) -> dict[str, Any]:
  try:
    said = json.loads(path.read_text())
  except (json.JSONDecodeError, UnicodeDecodeError) as error:
    raise ValueError(
      f'{path} is no JSON ({error}); expected the config.json of a T5.'
    ) from error
  if not isinstance(said, dict):
    raise ValueError(f'{path} is no JSON object, expected one.')
  return said


def _config(path: pathlib.Path, said: Mapping[str, Any]) -> config_lib.T5Config:
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


def _scaled(said: Mapping[str, Any]) -> bool:
  """Whether the logits are the scaled ones of T5 1.0.

  transformers 5 writes `scale_decoder_outputs` and always ties; before that
  the tie alone said it.
  """
  tied = said.get('tie_word_embeddings', True)
  return said.get('scale_decoder_outputs', tied)


def write(path: pathlib.Path, c: config_lib.T5Config, dtype: str) -> None:
  """Writes the config.json that transformers reads.

  Args:
    path: of the file.
    c: sizes and switches.
    dtype: of the tensors beside it.

  Raises:
    ValueError: if transformers has no T5 of such activations.
  """
  path.write_text(json.dumps(_said(c, dtype), indent=2) + '\n')


def require_known(c: config_lib.T5Config) -> None:
  """Raises a ValueError if transformers has no T5 of such activations."""
  if c.mlp_activations not in _FORMS:
    raise ValueError(
      f'T5Config.mlp_activations is {c.mlp_activations}, which transformers '
      f'cannot be told; expected one of {", ".join(map(str, _FORMS))}.'
    )


def _said(c: config_lib.T5Config, dtype: str) -> dict[str, Any]:
  require_known(c)
  return {
    'architectures': ['T5ForConditionalGeneration'],
    'model_type': 't5',
    **{theirs: getattr(c, ours) for ours, theirs in _SIZES.items()},
    'num_decoder_layers': c.num_decoder_layers,
    'feed_forward_proj': _FORMS[c.mlp_activations],
    'tie_word_embeddings': c.logits_via_embedding,
    'dropout_rate': c.dropout_rate,
    'relative_attention_num_buckets': c.relpos_num_buckets,
    'relative_attention_max_distance': c.relpos_max_distance,
    'is_encoder_decoder': True,
    'use_cache': True,
    'initializer_factor': 1.0,
    **_FIXED,
    'torch_dtype': dtype,
  }
