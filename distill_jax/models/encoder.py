"""T5's encoder stack."""

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Bool, Float

from distill_jax.models import (
  attention,
  config,
  dropout,
  layers,
  repeat,
  rows,
)


class EncoderLayer(nn.Module):
  """Self-attention and feed-forward, each behind a norm and beside a skip."""

  config: config.T5Config

  @nn.compact
  def __call__(
    self,
    x: Float[Array, '*N D'],
    masks: dropout.Masks,
    bias: Float[Array, 'B H S S'],
    layout: rows.Layout | None,
  ) -> tuple[Float[Array, '*N D'], None]:
    """Returns x after this layer, and None for `repeat`."""
    c = self.config
    drop = lambda x, place: dropout.apply(
      x, masks, place, c.dropout_rate, layout
    )
    norm = layers.LayerNorm(c.compute_dtype, name='pre_attention_layer_norm')
    attend = attention.Attention(c, name='attention')
    y = norm(x)
    memory = attend.remember(y, layout)
    y = attend(y, memory, bias, masks, 'attention', layout)
    x = x + drop(y, 'after_attention')
    norm = layers.LayerNorm(c.compute_dtype, name='pre_mlp_layer_norm')
    y = layers.Mlp(c, name='mlp')(norm(x), masks, layout)
    return x + drop(y, 'after_mlp'), None


class EncoderStack(nn.Module):
  """All layers between the embedded tokens and their encoding."""

  config: config.T5Config

  def setup(self):
    """Declares the parts, under T5X's names."""
    c = self.config
    self.relpos_bias = attention.RelativeBias(c, bidirectional=True)
    self.layers = repeat.build(EncoderLayer, c, c.num_encoder_layers, 2)
    self.encoder_norm = layers.LayerNorm(c.compute_dtype)

  def __call__(
    self,
    x: Float[Array, '*N D'],
    valid: Bool[Array, 'B S'],
    layout: rows.Layout | None = None,
  ) -> Float[Array, '*N D']:
    """Returns the encoding of the embedded tokens x.

    Args:
      x: tokens in rows, or as laid out.
      valid: False for padding.
      layout: where x lies, if not in rows.
    """
    c = self.config
    length = valid.shape[1]
    ends, masks = self._masks(*valid.shape)
    drop = lambda x, place: dropout.apply(
      x, ends, place, c.dropout_rate, layout
    )
    bias = self.relpos_bias(length, length) + attention.padding_bias(valid)
    x = repeat.run(self.layers, drop(x, 'first'), masks, bias, layout)
    return drop(self.encoder_norm(x), 'last')

  def _masks(self, size: int, length: int) -> tuple[dropout.Masks, ...]:
    c = self.config
    numbers = jnp.arange(size)
    channels = (1, c.emb_dim)
    ends = {'first': channels, 'last': channels}
    places = {
      'attention': (c.num_heads, 1, length),
      'after_attention': channels,
      'mlp': (1, c.mlp_dim),
      'after_mlp': channels,
    }
    return (
      dropout.draw(self, c.dropout_rate, numbers, ends),
      dropout.draw_layers(
        self, c.dropout_rate, numbers, places, c.num_encoder_layers
      ),
    )
