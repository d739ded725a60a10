"""T5's decoder stack: all tokens at once, or one after another with a cache."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Bool, Float, Int

from distill_jax.models import (
  attention,
  config,
  dropout,
  layers,
  repeat,
  rows,
)


class Source(NamedTuple):
  """An encoded input.

  Attributes:
    hidden: a vector per token, in rows or as laid out.
    valid: False for padding.
    layout: where the vectors lie, if not in rows.
  """

  hidden: Float[Array, 'B S D']
  valid: Bool[Array, 'B S']
  layout: rows.Layout | None = None


class Fixed(NamedTuple):
  """What stays the same while tokens are written one after another.

  Attributes:
    memories: of each layer, keys and values of the encoded input.
    padding: bias that hides the padding of the input.
    bias: self-attention's bias, a row per step.
  """

  memories: tuple[attention.Memory, ...]
  padding: Float[Array, 'B 1 1 S']
  bias: Float[Array, '1 H T T']


Cache = tuple[attention.Memory, ...]  # of each layer, the tokens so far


class DecoderLayer(nn.Module):
  """Causal self-attention, attention to the input, feed-forward."""

  config: config.T5Config

  def setup(self):
    """Declares the parts, under T5X's names."""
    c = self.config
    self.pre_self_attention_layer_norm = layers.LayerNorm(c.compute_dtype)
    self.self_attention = attention.Attention(c)
    self.pre_cross_attention_layer_norm = layers.LayerNorm(c.compute_dtype)
    self.encoder_decoder_attention = attention.Attention(c)
    self.pre_mlp_layer_norm = layers.LayerNorm(c.compute_dtype)
    self.mlp = layers.Mlp(c)

  def __call__(
    self,
    x: Float[Array, 'M T D'],
    masks: dropout.Masks,
    source: Source,
    bias: Float[Array, '1 H T T'],
    layout: rows.Layout | None,
  ) -> tuple[Float[Array, 'M T D'], None]:
    """Returns x after this layer, and None for `repeat`."""
    y = self.pre_self_attention_layer_norm(x)
    own = self.self_attention.remember(y, layout)
    y = self.self_attention(y, own, bias, masks, 'self_attention', layout)
    x = x + self._drop(y, masks, 'after_self_attention', layout)
    memory = self.remember(source)
    padding = attention.padding_bias(source.valid)
    return self._after_self(x, memory, padding, masks, layout), None

  def remember(self, source: Source) -> attention.Memory:
    """Returns keys and values of the encoded input."""
    read = self.encoder_decoder_attention
    return read.remember(source.hidden, source.layout)

  def step(
    self,
    x: Float[Array, 'B 1 D'],
    index: Int[Array, ''],
    cache: attention.Memory,
    memory: attention.Memory,
    bias: Float[Array, '1 H 1 T'],
    padding: Float[Array, 'B 1 1 S'],
  ) -> tuple[Float[Array, 'B 1 D'], attention.Memory]:
    """Returns x after this layer and the cache with token `index` in it."""
    y = self.pre_self_attention_layer_norm(x)
    new = self.self_attention.remember(y)
    cache = jax.tree.map(
      lambda old, one: jax.lax.dynamic_update_slice_in_dim(old, one, index, 2),
      cache,
      new,
    )
    x = x + self.self_attention(y, cache, bias, {}, '')
    return self._after_self(x, memory, padding, {}, None), cache

  def _after_self(self, x, memory, padding, masks, layout):
    read = self.encoder_decoder_attention
    y = self.pre_cross_attention_layer_norm(x)
    y = read(y, memory, padding, masks, 'cross_attention', layout)
    x = x + self._drop(y, masks, 'after_cross_attention', layout)
    y = self.mlp(self.pre_mlp_layer_norm(x), masks, layout)
    return x + self._drop(y, masks, 'after_mlp', layout)

  def _drop(self, x, masks, place, layout):
    return dropout.apply(x, masks, place, self.config.dropout_rate, layout)


class DecoderStack(nn.Module):
  """All layers between the embedded tokens and what the logits are made of."""

  config: config.T5Config

  def setup(self):
    """Declares the parts, under T5X's names."""
    c = self.config
    self.relpos_bias = attention.RelativeBias(c, bidirectional=False)
    self.layers = repeat.build(DecoderLayer, c, c.num_decoder_layers, 3)
    self.decoder_norm = layers.LayerNorm(c.compute_dtype)
    if not c.logits_via_embedding:
      self.logits_dense = layers.Dense(
        c.vocab_size, ('embed', 'vocab'), c.compute_dtype
      )

  def __call__(
    self,
    x: Float[Array, '*N D'],
    source: Source,
    length: int,
    numbers: Int[Array, ' M'],
    layout: rows.Layout | None = None,
  ) -> Float[Array, '*N D']:
    """Returns what the logits are made of, for all tokens at once.

    Args:
      x: tokens in rows, or as laid out.
      source: the input, of which each row has M / B rows of x.
      length: T.
      numbers: of the rows of x; dropout follows them.
      layout: where x lies, if not in rows.
    """
    ends, masks = self._masks(numbers, length, source.valid.shape[1])
    drop = lambda x, place: dropout.apply(
      x, ends, place, self.config.dropout_rate, layout
    )
    shared = (source, self._bias(length), layout)
    x = repeat.run(self.layers, drop(x, 'first'), masks, *shared)
    return drop(self.decoder_norm(x), 'last')

  def logits(self, hidden: Float[Array, 'B T D']) -> Float[Array, 'B T V']:
    """Returns the logits of a decoder that is not tied to the embedding."""
    return self.logits_dense.logits(hidden)

  def begin(
    self,
    source: Source,
    length: int,
  ) -> tuple[Fixed, Cache]:
    """Returns what `step` needs to write up to `length` tokens."""
    c = self.config
    fixed = Fixed(
      memories=tuple(layer.remember(source) for layer in self.layers),
      padding=attention.padding_bias(source.valid),
      bias=self._bias(length),
    )
    shape = (len(source.valid), c.num_heads, length, c.head_dim)
    zeros = jnp.zeros(shape, c.compute_dtype)
    return fixed, tuple(attention.Memory(zeros, zeros) for _ in self.layers)

  def step(
    self,
    x: Float[Array, 'B 1 D'],
    index: Int[Array, ''],
    fixed: Fixed,
    cache: Cache,
  ) -> tuple[Float[Array, 'B 1 D'], Cache]:
    """Returns the hidden vectors of token `index` and the grown cache."""
    bias = jax.lax.dynamic_slice_in_dim(fixed.bias, index, 1, axis=2)
    grown = []
    for layer, own, memory in zip(self.layers, cache, fixed.memories):
      x, own = layer.step(x, index, own, memory, bias, fixed.padding)
      grown.append(own)
    return self.decoder_norm(x), tuple(grown)

  def _masks(
    self, numbers: Int[Array, ' M'], length: int, source: int
  ) -> tuple[dropout.Masks, ...]:
    c = self.config
    channels = (1, c.emb_dim)
    ends = {'first': channels, 'last': channels}
    places = {
      'self_attention': (c.num_heads, 1, length),
      'after_self_attention': channels,
      'cross_attention': (c.num_heads, 1, source),
      'after_cross_attention': channels,
      'mlp': (1, c.mlp_dim),
      'after_mlp': channels,
    }
    return (
      dropout.draw(self, c.dropout_rate, numbers, ends),
      dropout.draw_layers(
        self, c.dropout_rate, numbers, places, c.num_decoder_layers
      ),
    )

  def _bias(self, length: int) -> Float[Array, '1 H T T']:
    return self.relpos_bias(length, length) + attention.causal_bias(length)
