"""T5's encoder stack."""

from flax import linen as nn
from jaxtyping import Array, Bool, Float

from distill_jax.models import attention, config, layers, repeat


class EncoderLayer(nn.Module):
  """Self-attention and feed-forward, each behind a norm and beside a skip."""

  config: config.T5Config

  @nn.compact
  def __call__(
    self, x: Float[Array, 'B S D'], bias: Float[Array, 'B H S S']
  ) -> tuple[Float[Array, 'B S D'], None]:
    """Returns x after this layer, and None for `repeat`."""
    c = self.config
    dropout = layers.Dropout(c.dropout_rate)
    norm = layers.LayerNorm(c.compute_dtype, name='pre_attention_layer_norm')
    attend = attention.Attention(c, name='attention')
    y = norm(x)
    x = x + dropout(attend(y, attend.remember(y), bias))
    norm = layers.LayerNorm(c.compute_dtype, name='pre_mlp_layer_norm')
    return x + dropout(layers.Mlp(c, name='mlp')(norm(x))), None


class EncoderStack(nn.Module):
  """All layers between the embedded tokens and their encoding."""

  config: config.T5Config

  def setup(self):
    """Declares the parts, under T5X's names."""
    c = self.config
    self.relpos_bias = attention.RelativeBias(c, bidirectional=True)
    self.layers = repeat.build(EncoderLayer, c, c.num_encoder_layers)
    self.encoder_norm = layers.LayerNorm(c.compute_dtype)
    self.dropout = layers.Dropout(c.dropout_rate)

  def __call__(
    self, x: Float[Array, 'B S D'], valid: Bool[Array, 'B S']
  ) -> Float[Array, 'B S D']:
    """Returns the encoding of the embedded tokens x."""
    length = x.shape[1]
    bias = self.relpos_bias(length, length) + attention.padding_bias(valid)
    x = repeat.run(self.layers, self.dropout(x), bias)
    return self.dropout(self.encoder_norm(x))
