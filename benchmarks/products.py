"""The matrix products of a step alone, counted by hand from the sizes.

Timed without anything else they are the floor: what a step would take if norms,
softmax, dropout and the optimizer cost nothing, and each product what it costs
in a loop of itself. A faster library of products would lower it.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from distill_jax.models import t5


class Product(NamedTuple):
  """An einsum of two arrays that a step makes `times` times.

  Attributes:
    spec: such as 'mk,kn->mn'.
    left: shape of the first array.
    right: shape of the second one.
    times: how often.
  """

  spec: str
  left: tuple[int, ...]
  right: tuple[int, ...]
  times: int = 1

  @property
  def flops(self) -> int:
    """A multiplication and an addition per element of all axes together."""
    names, _ = self.spec.split('->')
    left, right = names.split(',')
    sizes = dict(zip(left, self.left)) | dict(zip(right, self.right))
    return 2 * math.prod(sizes.values()) * self.times


class Texts(NamedTuple):
  """Rows of tokens.

  Attributes:
    rows: how many.
    length: width of the array, which the attention sees.
    tokens: that are no padding; position-wise products see only them.
  """

  rows: int
  length: int
  tokens: int

  @classmethod
  def full(cls, rows: int, length: int) -> 'Texts':
    """Returns rows without padding."""
    return cls(rows, length, rows * length)


def trained(forward: Sequence[Product]) -> list[Product]:
  """Returns the products and both of each one's backward pass."""
  found = []
  for product in forward:
    names, out = product.spec.split('->')
    left, right = names.split(',')
    sizes = dict(zip(left, product.left)) | dict(zip(right, product.right))
    shape = tuple(sizes[axis] for axis in out)
    to_left = Product(
      f'{out},{right}->{left}', shape, product.right, product.times
    )
    to_right = Product(
      f'{left},{out}->{right}', product.left, shape, product.times
    )
    found += [product, to_left, to_right]
  return found


def encoder(c: t5.T5Config, inputs: Texts) -> list[Product]:
  """Returns the forward products of the encoder."""
  width = c.num_heads * c.head_dim
  layer = [
    *_dense(inputs.tokens, c.emb_dim, width, 3),  # query, key, value
    *_attention(c, inputs, inputs),
    *_dense(inputs.tokens, width, c.emb_dim),
    *_mlp(c, inputs.tokens),
  ]
  return repeated(layer, c.num_encoder_layers)


def memories(c: t5.T5Config, inputs: Texts) -> list[Product]:
  """Returns the products of the keys and values that the decoder reads."""
  width = c.num_heads * c.head_dim
  layer = _dense(inputs.tokens, c.emb_dim, width, 2)
  return repeated(layer, c.num_decoder_layers)


def decoder(
  c: t5.T5Config, targets: Texts, inputs: Texts, seen: Texts | None = None
) -> list[Product]:
  """Returns the forward products of the decoder and of the logits.

  Args:
    c: sizes of the network.
    targets: the same number for each input.
    inputs: what they read.
    seen: what they look at of their own texts, themselves by default.
  """
  width = c.num_heads * c.head_dim
  layer = [
    *_dense(targets.tokens, c.emb_dim, width, 3),
    *_attention(c, targets, seen or targets),
    *_dense(targets.tokens, width, c.emb_dim),
    *_dense(targets.tokens, c.emb_dim, width),  # queries of the inputs
    *_attention(c, targets, inputs),
    *_dense(targets.tokens, width, c.emb_dim),
    *_mlp(c, targets.tokens),
  ]
  logits = _dense(targets.tokens, c.emb_dim, c.vocab_size)
  return repeated(layer, c.num_decoder_layers) + logits


def repeated(found: Sequence[Product], times: int) -> list[Product]:
  """Returns the products of work that is done so many times."""
  return [one._replace(times=one.times * times) for one in found]


def flops(found: Sequence[Product]) -> int:
  """Returns the operations of all products."""
  return sum(product.flops for product in found)


def timed(found: Sequence[Product], dtype: str) -> Callable[[], None]:
  """Returns work that makes the products and nothing else.

  Products of one shape are one compiled loop over the same arrays, which
  therefore lie in the cache. A step's own can be some per cent faster still,
  for their results go to memory that it has at hand: those of a loop are
  forgotten before the next begins.

  Args:
    found: the products.
    dtype: of the arrays, such as 'float32'.
  """
  times: dict[Product, int] = {}
  for product in found:
    one = product._replace(times=1)
    times[one] = times.get(one, 0) + product.times
  loops = [_loop(product, number, dtype) for product, number in times.items()]

  def run() -> None:
    for loop in loops:
      jax.block_until_ready(loop())

  return run


def _loop(product: Product, times: int, dtype: str) -> functools.partial:
  """Returns a compiled loop that makes a product some times, and its arrays."""
  draw = lambda number, shape: jax.random.normal(
    jax.random.key(number), shape, dtype
  )
  left, right = draw(0, product.left), draw(1, product.right)
  make = lambda left, right: jnp.einsum(product.spec, left, right)

  first = (0,) * left.ndim

  @jax.jit
  def loop(left, right):
    def again(_, carried):
      # One entry depends on the last result: without it the compiler would
      # make the product once. It is written in place and costs nothing.
      left, last = carried
      left = left.at[first].set(jnp.sign(last.ravel()[0]))
      return left, make(left, right)

    made = jax.lax.fori_loop(1, times, again, (left, make(left, right)))[1]
    # Behind the barrier, or the compiler would make no more than this entry.
    return jax.lax.optimization_barrier(made).ravel()[0]

  return functools.partial(loop, left, right)


def _dense(tokens: int, inner: int, outer: int, times: int = 1):
  return [Product('mk,kn->mn', (tokens, inner), (inner, outer), times)]


def _attention(c: t5.T5Config, queries: Texts, keys: Texts) -> list[Product]:
  """Returns the products of queries and keys, and of shares and values."""
  heads, channels = c.num_heads, c.head_dim
  per_row = queries.rows * queries.length // keys.rows
  asked = (keys.rows, heads, per_row, channels)
  read = (keys.rows, heads, keys.length, channels)
  shares = (keys.rows, heads, per_row, keys.length)
  return [
    Product('bhtc,bhsc->bhts', asked, read),
    Product('bhts,bhsc->bhtc', shares, read),
  ]


def _mlp(c: t5.T5Config, tokens: int) -> list[Product]:
  return [
    *_dense(tokens, c.emb_dim, c.mlp_dim, len(c.mlp_activations)),
    *_dense(tokens, c.mlp_dim, c.emb_dim),
  ]
