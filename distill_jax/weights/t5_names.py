"""What transformers calls the parameters of a T5, and how it lays them out."""

_ROOT = {
  'token_embedder/embedding': 'shared',
  'decoder/logits_dense/kernel': 'lm_head',
  'encoder/encoder_norm/scale': 'encoder.final_layer_norm',
  'decoder/decoder_norm/scale': 'decoder.final_layer_norm',
}
_RELPOS = 'block.0.layer.0.SelfAttention.relative_attention_bias'
_PARTS = {
  'encoder': {
    'pre_attention_layer_norm': '0.layer_norm',
    'attention': '0.SelfAttention',
    'pre_mlp_layer_norm': '1.layer_norm',
    'mlp': '1.DenseReluDense',
  },
  'decoder': {
    'pre_self_attention_layer_norm': '0.layer_norm',
    'self_attention': '0.SelfAttention',
    'pre_cross_attention_layer_norm': '1.layer_norm',
    'encoder_decoder_attention': '1.EncDecAttention',
    'pre_mlp_layer_norm': '2.layer_norm',
    'mlp': '2.DenseReluDense',
  },
}
_PROJECTIONS = {'query': 'q', 'key': 'k', 'value': 'v', 'out': 'o'}

EMBEDDING = 'shared.weight'
LOGITS = 'lm_head.weight'

# Older files hold the embedding again under these names.
COPIES = ('encoder.embed_tokens.weight', 'decoder.embed_tokens.weight')

# Some files of T5 1.0 hold a bias that no network has ever used.
UNUSED = (
  'decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight',
)


def theirs(name: str) -> str:
  """Returns the name in transformers of our parameter `name`.

  'encoder/layers_2/mlp/wi/kernel' becomes
  'encoder.block.2.layer.1.DenseReluDense.wi.weight'.
  """
  if name in _ROOT:
    return f'{_ROOT[name]}.weight'
  stack, layer, *rest = name.split('/')
  if layer == 'relpos_bias':
    return f'{stack}.{_RELPOS}.weight'
  number = layer.removeprefix('layers_')
  part = f'{stack}.block.{number}.layer.{_PARTS[stack][rest[0]]}'
  if len(rest) == 2:  # a norm: its name and 'scale'
    return f'{part}.weight'
  return f'{part}.{_PROJECTIONS.get(rest[1], rest[1])}.weight'
