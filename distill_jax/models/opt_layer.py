"""A layer of OPT: all tokens at once, or one after another with a cache."""

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Int

from distill_jax.models import affine, attention, dropout, opt_config

# What a layer gets of its own: dropout masks, and the prompt's memory if any.
Own = tuple[dropout.Masks, attention.Memory | None]


class Layer(nn.Module):
  """Causal self-attention and feed-forward, each with a norm and a skip."""

  config: opt_config.OptConfig

  def setup(self):
    """Declares the parts."""
    c = self.config
    dtype = c.compute_dtype
    self.self_attention = affine.Attention(c.num_heads, c.emb_dim, dtype)
    self.self_attention_layer_norm = affine.LayerNorm(dtype, c.norm_epsilon)
    self.wi = affine.Dense(c.mlp_dim, ('embed', 'mlp'), dtype)
    self.wo = affine.Dense(c.emb_dim, ('mlp', 'embed'), dtype)
    self.mlp_layer_norm = affine.LayerNorm(dtype, c.norm_epsilon)

  def __call__(
    self,
    x: Float[Array, 'B T D'],
    own: Own,
    known: Float[Array, 'B 1 1 S'] | None,
    causal: Float[Array, '1 1 T T'],
  ) -> tuple[Float[Array, 'B T D'], attention.Memory]:
    """Returns x after this layer, and the keys and values of its tokens.

    Args:
      x: the tokens.
      own: dropout masks, and the memory of a prompt or None.
      known: bias that hides the padding of that memory, None with it.
      causal: bias that hides later tokens.
    """
    masks, prompt = own
    y = self._before(self.self_attention_layer_norm, x)
    memory = self.self_attention.remember(y)
    seen = [] if prompt is None else [(prompt, known)]
    y = self.self_attention(y, [*seen, (memory, causal)], {}, '')
    return self._after_attention(x, y, masks), memory

  def step(
    self,
    x: Float[Array, 'B 1 D'],
    index: Int[Array, ''],
    cache: attention.Memory,
    prompt: attention.Memory,
    known: Float[Array, 'B 1 1 S'],
    written: Float[Array, '1 1 1 T'],
  ) -> tuple[Float[Array, 'B 1 D'], attention.Memory]:
    """Returns x after this layer and the cache with token `index` in it."""
    y = self._before(self.self_attention_layer_norm, x)
    cache = jax.tree.map(
      lambda old, one: jax.lax.dynamic_update_slice_in_dim(old, one, index, 2),
      cache,
      self.self_attention.remember(y),
    )
    seen = [(prompt, known), (cache, written)]
    y = self.self_attention(y, seen, {}, '')
    return self._after_attention(x, y, {}), cache

  def _after_attention(self, x, y, masks):
    x = self._skip(self.self_attention_layer_norm, x, y, masks, 'attention')
    y = self.wi(self._before(self.mlp_layer_norm, x))
    y = self.wo(jax.nn.relu(y))
    return self._skip(self.mlp_layer_norm, x, y, masks, 'mlp')

  def _before(self, norm, x):
    return norm(x) if self.config.norm_first else x

  def _skip(self, norm, x, y, masks, place):
    rate = self.config.dropout_rate
    x = x + dropout.apply(y, masks, f'after_{place}', rate)
    return x if self.config.norm_first else norm(x)


def masks(
  module: nn.Module, config: opt_config.OptConfig, numbers: Int[Array, ' M']
) -> dropout.Masks:
  """Returns the dropout masks of all layers, see `dropout.draw_layers`."""
  channels = (1, config.emb_dim)
  return dropout.draw_layers(
    module,
    config.dropout_rate,
    numbers,
    {'after_attention': channels, 'after_mlp': channels},
    config.num_decoder_layers,
  )


def empty(
  config: opt_config.OptConfig, rows: int, length: int
) -> attention.Memory:
  """Returns a layer's cache with room for `length` tokens."""
  shape = (rows, config.num_heads, length, config.emb_dim // config.num_heads)
  zeros = jnp.zeros(shape, config.compute_dtype)
  return attention.Memory(zeros, zeros)
