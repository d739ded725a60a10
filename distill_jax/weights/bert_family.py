"""BERT as transformers stores it, under a head or alone."""

import pathlib
import re
from collections.abc import Mapping
from typing import Any

from distill_jax.models import bert_config
from distill_jax.weights import described, family

_SIZES = {
  'vocab_size': 'vocab_size',
  'emb_dim': 'hidden_size',
  'num_heads': 'num_attention_heads',
  'mlp_dim': 'intermediate_size',
  'num_encoder_layers': 'num_hidden_layers',
  'num_positions': 'max_position_embeddings',
}
_OPTIONAL = {
  'type_vocab_size': described.WHOLE,
  'layer_norm_eps': described.NUMBER,
  'hidden_dropout_prob': described.NUMBER,
}

# What our BERT cannot be told, with the value that it has.
_FIXED = {
  'hidden_act': 'gelu',
  'pad_token_id': 0,
  'position_embedding_type': 'absolute',
  'is_decoder': False,
}

_ROOT = {
  'token_embedder': 'embeddings.word_embeddings',
  'position_embedder': 'embeddings.position_embeddings',
  'type_embedder': 'embeddings.token_type_embeddings',
  'embedding_norm': 'embeddings.LayerNorm',
}
_PARTS = {
  'attention/query': 'attention.self.query',
  'attention/key': 'attention.self.key',
  'attention/value': 'attention.self.value',
  'attention/out': 'attention.output.dense',
  'post_attention_layer_norm': 'attention.output.LayerNorm',
  'mlp/wi': 'intermediate.dense',
  'mlp/wo': 'output.dense',
  'post_mlp_layer_norm': 'output.LayerNorm',
}
_PREFIX = 'bert.'

# What stands on an encoder, or beside it, and is left out; anything else that
# is too many is an error.
_LEFT_OUT = re.compile(
  r'(bert\.)?(pooler\.dense\.|cls\.|classifier\.|qa_outputs\.)'
)
_COUNTED = re.compile(r'(bert\.)?embeddings\.position_ids')
_OLD = {
  'LayerNorm.gamma': 'LayerNorm.weight',
  'LayerNorm.beta': 'LayerNorm.bias',
}


class Bert(family.Family):
  """BERT, LinkBERT and BioLinkBERT: the encoder.

  The pooler (`pooler.dense`) and the heads of pre-training and fine-tuning
  (`cls`, `classifier`, `qa_outputs`) are left out.
  """

  model_type = 'bert'
  configuration = bert_config.BertConfig

  def read(
    self, path: pathlib.Path, said: Mapping[str, Any]
  ) -> bert_config.BertConfig:
    """Returns the sizes; `dropout_rate` is taken over, `dtype` is float32."""
    described.require_fixed(path, said, _FIXED)
    needed = dict.fromkeys(_SIZES.values(), described.WHOLE)
    described.require(path, said, needed, _OPTIONAL, 'BERT')
    try:
      return bert_config.BertConfig(
        **{ours: said[theirs] for ours, theirs in _SIZES.items()},
        num_types=said.get('type_vocab_size', 2),
        norm_epsilon=said.get('layer_norm_eps', 1e-12),
        dropout_rate=said.get('hidden_dropout_prob', 0.1),
      )
    except ValueError as error:
      raise ValueError(f'{path}: {error}') from error

  def said(self, config: bert_config.BertConfig) -> dict[str, Any]:
    """Returns the config.json, without the dtype."""
    return {
      'architectures': ['BertModel'],
      'model_type': self.model_type,
      **{theirs: getattr(config, ours) for ours, theirs in _SIZES.items()},
      'type_vocab_size': config.num_types,
      'layer_norm_eps': config.norm_epsilon,
      'hidden_dropout_prob': config.dropout_rate,
      'attention_probs_dropout_prob': config.dropout_rate,
      **_FIXED,
    }

  def writes(self) -> dict[str, Any]:
    """A BERT writes nothing; returns its padding."""
    return {'pad_token_id': 0}

  def theirs(self, name: str) -> str:
    """Returns the name in transformers of our parameter `name`.

    'layers_2/attention/query/kernel' becomes
    'encoder.layer.2.attention.self.query.weight'.
    """
    *parts, last = name.split('/')
    end = 'bias' if last == 'bias' else 'weight'
    if parts[0] in _ROOT:
      return f'{_ROOT[parts[0]]}.{end}'
    number = parts[0].removeprefix('layers_')
    return f'encoder.layer.{number}.{_PARTS["/".join(parts[1:])]}.{end}'

  def ignores(self, name: str) -> bool:
    """Older files hold the numbers of the positions, whole numbers."""
    return _COUNTED.fullmatch(name) is not None

  def tidy(
    self, place: str, config: bert_config.BertConfig, stored: family.Stored
  ) -> list[str]:
    """Takes out pooler and heads, and `bert.` and other old names away."""
    left = [name for name in stored if _LEFT_OUT.match(name)]
    for name in left:
      del stored[name]
    for name in list(stored):
      new = name.removeprefix(_PREFIX)
      for old, now in _OLD.items():
        new = new.replace(old, now)
      if new != name:
        if new in stored:
          raise ValueError(
            f'{place} holds both {name} and {new}, expected one of them.'
          )
        stored[new] = stored.pop(name)
    return [f'{name} is left out: no part of the encoder' for name in left]
