"""T5's attention: unscaled, with a learnt bias per bucket of distance."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from jaxtyping import Array, Bool, Float

from distill_jax.models import config, dropout, layers, rows

MASKED = -1e10  # finite: a row without a single key must not become NaN


class Memory(NamedTuple):
  """Keys and values of the tokens an attention may look at.

  Heads come before tokens: a single query then reads them eight times as fast
  on a CPU as it does the other way round.
  """

  keys: Float[Array, 'B H S C']
  values: Float[Array, 'B H S C']


class Attention(nn.Module):
  """Multi-head attention with joint 2-D kernels, as T5X stores them."""

  config: config.T5Config

  def setup(self):
    """Declares the parts, under T5X's names."""
    c = self.config
    dense = lambda scale: layers.Dense(
      c.num_heads * c.head_dim,
      ('embed', 'joint_kv'),
      c.compute_dtype,
      nn.initializers.variance_scaling(scale, 'fan_in', 'normal'),
    )
    # T5 does not divide the products by sqrt(C): its queries start smaller.
    self.query = dense(1.0 / c.head_dim)
    self.key = dense(1.0)
    self.value = dense(1.0)
    self.out = layers.Dense(
      c.emb_dim,
      ('joint_kv', 'embed'),
      c.compute_dtype,
      nn.initializers.variance_scaling(1.0, 'fan_in', 'normal'),
    )

  def remember(
    self, x: Float[Array, 'B S D'], layout: rows.Layout | None = None
  ) -> Memory:
    """Returns the keys and values of x, tokens in rows or as laid out."""
    keys, values = (
      rows.grid(layout, part(x)) for part in (self.key, self.value)
    )
    return Memory(self._heads(keys, len(keys)), self._heads(values, len(keys)))

  def __call__(
    self,
    x: Float[Array, 'M T D'],
    memory: Memory,
    bias: Float[Array, '#B #H #T S'],
    masks: dropout.Masks,
    place: str,
    layout: rows.Layout | None = None,
  ) -> Float[Array, 'M T D']:
    """Returns what x reads from `memory`.

    Args:
      x: what the queries are made of, K rows for each of the memory's.
      memory: of the tokens to look at.
      bias: added to the products of queries and keys.
      masks: dropout masks.
      place: the one of this attention, H 1 S: a key is dropped for all queries
        of a row.
      layout: where x lies, if not in rows.
    """
    queries = rows.grid(layout, self.query(x))
    products = layers.accumulated(
      'bhtc,bhsc->bhts', self._heads(queries, len(memory.keys)), memory.keys
    )
    shares = jax.nn.softmax(products + bias, axis=-1).astype(x.dtype)
    if place in masks:
      kept = _of_each(masks[place], shares.shape)
      shares = dropout.apply(
        shares, {place: kept}, place, self.config.dropout_rate
      )
    read = jnp.einsum('bhts,bhsc->bhtc', shares, memory.values)
    read = read.swapaxes(1, 2).reshape(*queries.shape[:2], -1)
    return self.out(rows.flat(layout, read))

  def _heads(
    self, x: Float[Array, 'M T HC'], groups: int
  ) -> Float[Array, 'B H KT C']:
    """Returns the rows of each of B groups, M = B K, behind one another."""
    c = self.config
    return x.reshape(groups, -1, c.num_heads, c.head_dim).swapaxes(1, 2)


def _of_each(
  masks: Bool[Array, 'M H 1 S'], shape: tuple[int, ...]
) -> Bool[Array, 'B H #KT S']:
  """Returns the masks of M rows for their tokens in B groups."""
  groups, heads, length, source = shape
  each = len(masks) // groups
  if each == 1:
    return masks
  grouped = masks.reshape(groups, each, heads, source).swapaxes(1, 2)
  return jnp.repeat(grouped, length // each, axis=2)


class RelativeBias(nn.Module):
  """The bias a head adds for the distance between query and key.

  The first layer's table serves all layers of its stack.
  """

  config: config.T5Config
  bidirectional: bool

  @nn.compact
  def __call__(self, queries: int, keys: int) -> Float[Array, '1 H T S']:
    """Returns the bias of query t < `queries` towards key s < `keys`."""
    c = self.config
    table = layers.parameter(
      self,
      'rel_embedding',
      nn.initializers.variance_scaling(1.0, 'fan_avg', 'uniform'),
      (c.num_heads, c.relpos_num_buckets),
      ('heads', 'relpos_buckets'),
    )
    index = buckets(
      np.arange(keys)[None, :] - np.arange(queries)[:, None],
      bidirectional=self.bidirectional,
      num_buckets=c.relpos_num_buckets,
      max_distance=c.relpos_max_distance,
    )
    # A one-hot product: its gradient is a product too, that of a gather a slow
    # scatter of T * S entries into 32.
    chosen = jax.nn.one_hot(index, c.relpos_num_buckets, axis=0)
    return jnp.tensordot(table, chosen, axes=1)[None]


def buckets(
  distance: np.ndarray,
  *,
  bidirectional: bool,
  num_buckets: int,
  max_distance: int,
) -> np.ndarray:
  """Returns the bucket of each distance (key position minus query position).

  Near distances have a bucket each, far ones share buckets of logarithmically
  growing width; from `max_distance` on there is one bucket. With
  `bidirectional` one half of the buckets serves keys after the query, otherwise
  those keys share the bucket of distance 0.

  Source: arXiv:1910.10683, section 2.1.
  """
  offset = np.zeros_like(distance)
  if bidirectional:
    num_buckets //= 2
    offset = np.where(distance > 0, num_buckets, 0)
    distance = np.abs(distance)
  else:
    distance = np.maximum(-distance, 0)
  exact = num_buckets // 2
  growth = np.log(np.maximum(distance, 1).astype(np.float32) / exact)
  growth = growth / np.float32(math.log(max_distance / exact))
  far = exact + (growth * (num_buckets - exact)).astype(np.int32)
  far = np.minimum(far, num_buckets - 1)
  return offset + np.where(distance < exact, distance, far)


def padding_bias(valid: Bool[Array, 'B S']) -> Float[Array, 'B 1 1 S']:
  """Returns the bias that hides padding keys."""
  return jnp.where(valid, 0.0, MASKED)[:, None, None, :]


def causal_bias(length: int) -> Float[Array, '1 1 T T']:
  """Returns the bias that hides the keys after each query."""
  seen = np.tril(np.ones((length, length), bool))
  return jnp.where(seen, 0.0, MASKED)[None, None]
