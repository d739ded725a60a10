"""The parts of BERT and OPT: products with a bias, norms with a mean."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Int

from distill_jax.models import attention, dropout, layers

_NORMAL = nn.initializers.normal(0.02)
Seen = tuple[attention.Memory, Array]  # and the bias towards each of it


class Dense(nn.Module):
  """A matrix product with a bias, over the last axis."""

  features: int
  axes: tuple[str, str]
  dtype: jnp.dtype

  @nn.compact
  def __call__(self, x: Float[Array, '*B D']) -> Float[Array, '*B F']:
    """Returns x @ kernel + bias in the dtype of the computation."""
    shape = (x.shape[-1], self.features)
    kernel = layers.parameter(self, 'kernel', _NORMAL, shape, self.axes)
    bias = layers.parameter(
      self, 'bias', nn.initializers.zeros, shape[1:], self.axes[1:]
    )
    read = layers.product(x, kernel.astype(self.dtype))
    return read + bias.astype(self.dtype)


class LayerNorm(nn.Module):
  """Subtracts the mean and divides by the standard deviation."""

  dtype: jnp.dtype
  epsilon: float

  @nn.compact
  def __call__(self, x: Float[Array, '*B D']) -> Float[Array, '*B D']:
    """Returns (x - mean) / sqrt(variance + epsilon) * scale + bias.

    Computed in float32; the variance divides by D.
    """
    shape, axes = (x.shape[-1],), ('embed',)
    scale = layers.parameter(self, 'scale', nn.initializers.ones, shape, axes)
    bias = layers.parameter(self, 'bias', nn.initializers.zeros, shape, axes)
    x = x.astype(jnp.float32)
    x = x - jnp.mean(x, axis=-1, keepdims=True)
    variance = jnp.mean(jnp.square(x), axis=-1, keepdims=True)
    x = x * jax.lax.rsqrt(variance + self.epsilon) * scale + bias
    return x.astype(self.dtype)


class Embed(nn.Module):
  """A table of vectors."""

  rows: int
  features: int
  axes: tuple[str, str]
  dtype: jnp.dtype

  def setup(self):
    """Declares the table."""
    self.embedding = layers.parameter(
      self, 'embedding', _NORMAL, (self.rows, self.features), self.axes
    )

  def __call__(self, ids: Int[Array, 'B T']) -> Float[Array, 'B T D']:
    """Returns the vector of each id."""
    return jnp.take(self.embedding, ids, axis=0).astype(self.dtype)

  def attend(self, x: Float[Array, '*B D']) -> Float[Array, '*B V']:
    """Returns logits by the transposed table, in float32."""
    return layers.float32_product(x, self.embedding.T.astype(self.dtype))


class Attention(nn.Module):
  """Multi-head attention: softmax(q k / sqrt(C) + bias) v, C = D / H."""

  num_heads: int
  emb_dim: int
  dtype: jnp.dtype
  dropout_rate: float = 0.0

  def setup(self):
    """Declares the four products."""
    dense = lambda: Dense(self.emb_dim, ('embed', 'joint_kv'), self.dtype)
    self.query = dense()
    self.key = dense()
    self.value = dense()
    self.out = Dense(self.emb_dim, ('joint_kv', 'embed'), self.dtype)

  def remember(self, x: Float[Array, 'B S D']) -> attention.Memory:
    """Returns the keys and values of x."""
    return attention.Memory(
      self._heads(self.key(x)), self._heads(self.value(x))
    )

  def __call__(
    self,
    x: Float[Array, 'B T D'],
    seen: Sequence[Seen],
    masks: dropout.Masks,
    place: str,
  ) -> Float[Array, 'B T D']:
    """Returns what x reads from all that is seen.

    Memories are not joined: under `vmap` one that is not mapped, as that of a
    prompt, is not copied.

    Args:
      x: what the queries are made of.
      seen: memories, each with a bias of shape #B #H #T S.
      masks: dropout masks.
      place: the one of this attention, H 1 S: a key is dropped for all queries.
    """
    scale = (self.emb_dim // self.num_heads) ** -0.5
    queries = self._heads(self.query(x)) * scale
    products = [
      layers.accumulated('bhtc,bhsc->bhts', queries, memory.keys) + bias
      for memory, bias in seen
    ]
    shares = jax.nn.softmax(jnp.concatenate(products, axis=-1), axis=-1)
    shares = dropout.apply(
      shares.astype(self.dtype), masks, place, self.dropout_rate
    )
    read, start = 0.0, 0
    for memory, _ in seen:
      end = start + memory.keys.shape[2]
      part = shares[..., start:end]
      read += jnp.einsum('bhts,bhsc->bhtc', part, memory.values)
      start = end
    return self.out(read.swapaxes(1, 2).reshape(*x.shape[:-1], -1))

  def _heads(self, x: Float[Array, 'B T D']) -> Float[Array, 'B H T C']:
    heads = x.reshape(*x.shape[:-1], self.num_heads, -1)
    return heads.swapaxes(1, 2)
