"""BERT's encoder (arXiv:1810.04805), also of LinkBERT (arXiv:2203.15827)."""

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Int

from distill_jax.models import affine, attention, bert_config, dropout, repeat

BertConfig = bert_config.BertConfig


class Bert(nn.Module):
  """Embeddings and layers, without pooler or heads.

  Parameters: `token_embedder`, `position_embedder`, `type_embedder`,
  `embedding_norm`, and per layer `attention/{query,key,value,out}`,
  `post_attention_layer_norm`, `mlp/{wi,wo}`, `post_mlp_layer_norm`.
  """

  config: BertConfig

  def setup(self):
    """Declares the parts."""
    c = self.config
    table = lambda rows, axis: affine.Embed(
      rows, c.emb_dim, (axis, 'embed'), c.compute_dtype
    )
    self.token_embedder = table(c.vocab_size, 'vocab')
    self.position_embedder = table(c.num_positions, 'positions')
    self.type_embedder = table(c.num_types, 'types')
    self.embedding_norm = affine.LayerNorm(c.compute_dtype, c.norm_epsilon)
    self.layers = repeat.build(Layer, c, c.num_encoder_layers, 1)

  def __call__(
    self, ids: Int[Array, 'B S'], types: Int[Array, 'B S'] | None = None
  ) -> Float[Array, 'B S D']:
    """Returns the encoded tokens; those of padding (id 0) mean nothing.

    Args:
      ids: tokens with [CLS] and [SEP] among them, then padding.
      types: of each token, 0 for the first text and 1 for the second; None for
        0 everywhere.

    Raises:
      ValueError: if S is more than there are positions.
    """
    c = self.config
    rows, length = ids.shape
    if length > c.num_positions:
      raise ValueError(
        f'Bert: an input is {length} tokens wide, expected at most '
        f'num_positions = {c.num_positions}; shorten the inputs.'
      )
    positions = jnp.arange(length)[None]
    types = jnp.zeros_like(ids) if types is None else types
    x = self.token_embedder(ids) + self.type_embedder(types)
    x = self.embedding_norm(x + self.position_embedder(positions))
    first, masks = self._masks(rows, length)
    x = dropout.apply(x, first, 'first', c.dropout_rate)
    bias = attention.padding_bias(ids > 0)
    return repeat.run(self.layers, x, masks, bias)

  def _masks(self, rows: int, length: int) -> tuple[dropout.Masks, ...]:
    c = self.config
    channels = (1, c.emb_dim)
    places = {
      'attention': (c.num_heads, 1, length),
      'after_attention': channels,
      'after_mlp': channels,
    }
    numbers = jnp.arange(rows)
    first = dropout.draw(self, c.dropout_rate, numbers, {'first': channels})
    layers = dropout.draw_layers(
      self, c.dropout_rate, numbers, places, c.num_encoder_layers
    )
    return first, layers


class Layer(nn.Module):
  """Self-attention and feed-forward, each with a norm behind its skip."""

  config: BertConfig

  @nn.compact
  def __call__(
    self,
    x: Float[Array, 'B S D'],
    masks: dropout.Masks,
    bias: Float[Array, 'B 1 1 S'],
  ) -> tuple[Float[Array, 'B S D'], None]:
    """Returns x after this layer, and None for `repeat`."""
    c = self.config
    dtype = c.compute_dtype
    drop = lambda x, place: dropout.apply(x, masks, place, c.dropout_rate)
    norm = lambda name: affine.LayerNorm(dtype, c.norm_epsilon, name=name)
    attend = affine.Attention(
      c.num_heads, c.emb_dim, dtype, c.dropout_rate, name='attention'
    )
    y = attend(x, [(attend.remember(x), bias)], masks, 'attention')
    x = norm('post_attention_layer_norm')(x + drop(y, 'after_attention'))
    y = Mlp(c, name='mlp')(x)
    return norm('post_mlp_layer_norm')(x + drop(y, 'after_mlp')), None


class Mlp(nn.Module):
  """wo(gelu(wi(x))), with the exact gelu."""

  config: BertConfig

  @nn.compact
  def __call__(self, x: Float[Array, 'B S D']) -> Float[Array, 'B S D']:
    """Returns what the layer adds to x."""
    c = self.config
    dense = lambda features, axes, name: affine.Dense(
      features, axes, c.compute_dtype, name=name
    )
    hidden = dense(c.mlp_dim, ('embed', 'mlp'), 'wi')(x)
    hidden = jax.nn.gelu(hidden, approximate=False)
    return dense(c.emb_dim, ('mlp', 'embed'), 'wo')(hidden)
