"""Random T5s of several shapes, made and saved by transformers."""

import pathlib

import pytest

torch = pytest.importorskip('torch')
transformers = pytest.importorskip('transformers')

_SHAPES = {
  'small': {
    'vocab_size': 97,
    'd_model': 24,
    'd_kv': 8,
    'd_ff': 40,
    'num_layers': 3,
    'num_decoder_layers': 2,
    'num_heads': 4,
  },
  'narrow heads': {
    'vocab_size': 130,
    'd_model': 16,
    'd_kv': 3,
    'd_ff': 20,
    'num_layers': 1,
    'num_heads': 2,
    'relative_attention_num_buckets': 16,
    'relative_attention_max_distance': 40,
  },
  'deep decoder': {
    'vocab_size': 64,
    'd_model': 32,
    'd_kv': 16,
    'd_ff': 24,
    'num_layers': 2,
    'num_decoder_layers': 4,
    'num_heads': 2,
  },
}
_VERSIONS = {
  '1.0': {'feed_forward_proj': 'relu', 'tie_word_embeddings': True},
  '1.1': {'feed_forward_proj': 'gated-gelu', 'tie_word_embeddings': False},
}

ALL = [(version, shape) for version in _VERSIONS for shape in _SHAPES]


def save(
  folder: pathlib.Path,
  version: str = '1.1',
  shape: str = 'small',
  *,
  seed: int = 0,
  own_logits: bool = True,
  **settings,
) -> 'transformers.T5ForConditionalGeneration':
  """Saves a random model and returns what transformers loads again.

  A fresh model has norms of 1 and such small projections that a wrong bias
  would hide below a tolerance: all weights are drawn anew.

  Args:
    folder: to save it in.
    version: of T5.
    shape: one of the above.
    seed: of the weights.
    own_logits: whether a T5 1.1 has the matrix of logits that transformers
      gives it only where a file holds one.
    **settings: of `save_pretrained`.
  """
  torch.manual_seed(seed)
  config = transformers.T5Config(
    **_SHAPES[shape],
    **_VERSIONS[version],
    decoder_start_token_id=0,
    dropout_rate=0.0,
  )
  model = transformers.T5ForConditionalGeneration(config)
  if version == '1.1' and own_logits:
    model.lm_head.weight = torch.nn.Parameter(
      torch.empty(config.vocab_size, config.d_model)
    )
  with torch.no_grad():
    for name, weight in model.named_parameters():
      if 'layer_norm' in name:
        weight.uniform_(0.5, 1.5)
      else:
        weight.normal_(0.0, 1.0 if 'shared' in name else 0.2)
  model.save_pretrained(folder, **settings)
  return load(folder)


def load(
  folder: pathlib.Path,
) -> 'transformers.T5ForConditionalGeneration':
  """Returns what transformers reads from a folder."""
  model = transformers.T5ForConditionalGeneration
  return model.from_pretrained(folder).eval()


def logits(model, inputs, targets):
  """Returns transformers' logits of each target given those before it."""
  with torch.no_grad():
    return model(
      input_ids=torch.tensor(inputs),
      attention_mask=torch.tensor(inputs > 0).long(),
      decoder_input_ids=torch.tensor(targets).roll(1, 1) * _not_first(targets),
    ).logits.numpy()


def _not_first(targets):
  mask = torch.ones(targets.shape, dtype=torch.long)
  mask[:, 0] = 0
  return mask
