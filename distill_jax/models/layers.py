"""The parts every T5 layer is made of: embedding, dense, norm, feed-forward.

Each parameter carries T5X's logical axis names ('vocab', 'embed', 'joint_kv',
'mlp', 'heads', 'relpos_buckets'), which a trainer turns into shardings.
"""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Int

from distill_jax.models import config, dropout, placement, rows

Initializer = Callable[..., Array]

_LECUN = nn.initializers.variance_scaling(1.0, 'fan_in', 'truncated_normal')


def parameter(
  module: nn.Module,
  name: str,
  init: Initializer,
  shape: tuple[int, ...],
  axes: tuple[str, ...],
) -> Array:
  """Returns the float32 parameter `name`, declared with logical axes."""
  boxed = nn.with_logical_partitioning(init, axes)
  value = module.param(name, boxed, shape, jnp.float32)
  return placement.gathered(value, axes)


class Embed(nn.Module):
  """A table of V vectors.

  Rows are gathered. T5X multiplies by one-hot vectors, which suits a TPU but
  costs a quarter of a step elsewhere.
  """

  vocab_size: int
  emb_dim: int
  dtype: jnp.dtype

  def setup(self):
    """Declares the table."""
    self.embedding = parameter(
      self,
      'embedding',
      nn.initializers.normal(1.0),
      (self.vocab_size, self.emb_dim),
      ('vocab', 'embed'),
    )

  def __call__(self, ids: Int[Array, 'B T']) -> Float[Array, 'B T D']:
    """Returns the vector of each id."""
    return jnp.take(self.embedding, ids, axis=0).astype(self.dtype)

  def attend(self, x: Float[Array, '*B D']) -> Float[Array, '*B V']:
    """Logits by the transposed table, scaled by 1 / sqrt(D), in float32."""
    scaled = x * (self.emb_dim**-0.5)
    return float32_product(scaled, self.embedding.T.astype(self.dtype))


class Dense(nn.Module):
  """A matrix product without bias, over the last axis."""

  features: int
  axes: tuple[str, str]
  dtype: jnp.dtype
  kernel_init: Initializer = _LECUN

  @nn.compact
  def __call__(self, x: Float[Array, '*B D']) -> Float[Array, '*B F']:
    """Returns x @ kernel in the dtype of the computation."""
    return product(x, self._kernel(x.shape[-1]))

  @nn.compact
  def logits(self, x: Float[Array, '*B D']) -> Float[Array, '*B V']:
    """The same product, accumulated and returned in float32."""
    return float32_product(x, self._kernel(x.shape[-1]))

  def _kernel(self, inputs: int) -> Array:
    shape = (inputs, self.features)
    kernel = parameter(self, 'kernel', self.kernel_init, shape, self.axes)
    return kernel.astype(self.dtype)


def product(
  x: Float[Array, '*B D'],
  kernel: Float[Array, 'D F'],
  multiply: Callable[..., Array] = jnp.dot,
) -> Float[Array, '*B F']:
  """Returns x @ kernel as one 2-D product.

  With more axes XLA writes x out once more, transposed, for the kernel's
  gradient, and computes there again what x is made of.

  Args:
    x: tokens.
    kernel: of a layer.
    multiply: makes the 2-D product.
  """
  flat = x.reshape(-1, x.shape[-1])
  return multiply(flat, kernel).reshape(*x.shape[:-1], kernel.shape[-1])


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def accumulated(spec: str, a: Float[Array, '...'], b: Float[Array, '...']):
  """Returns an einsum in float32, whatever the type of its factors.

  The products of its gradient are of the factors' type again. Jax would take
  the float32 gradient as it is, and make float32 products of all.
  """
  return jnp.einsum(spec, a, b, preferred_element_type=jnp.float32)


def _accumulated_forward(spec, a, b):
  return accumulated(spec, a, b), (a, b)


def _accumulated_backward(spec, factors, change):
  a, b = factors
  change = change.astype(a.dtype)
  # In jax's own order: a kernel's gradient comes before that of what it took.
  (of_b,) = jax.linear_transpose(lambda b: jnp.einsum(spec, a, b), b)(change)
  (of_a,) = jax.linear_transpose(lambda a: jnp.einsum(spec, a, b), a)(change)
  return of_a, of_b


accumulated.defvjp(_accumulated_forward, _accumulated_backward)


def float32_product(
  x: Float[Array, '*B D'], kernel: Float[Array, 'D F']
) -> Float[Array, '*B F']:
  """Returns x @ kernel as one 2-D product, accumulated in float32."""
  return product(x, kernel, functools.partial(accumulated, 'nd,dv->nv'))


class LayerNorm(nn.Module):
  """Divides by the root mean square; T5 subtracts no mean, adds no bias."""

  dtype: jnp.dtype
  epsilon: float = 1e-6

  @nn.compact
  def __call__(self, x: Float[Array, '*B D']) -> Float[Array, '*B D']:
    """Returns x / rms(x) * scale, computed in float32."""
    scale = parameter(
      self, 'scale', nn.initializers.ones, (x.shape[-1],), ('embed',)
    )
    x = x.astype(jnp.float32)
    square = jnp.mean(jnp.square(x), axis=-1, keepdims=True)
    return (x * jax.lax.rsqrt(square + self.epsilon) * scale).astype(self.dtype)


class Mlp(nn.Module):
  """T5's feed-forward layer, plain or gated.

  wo(act(wi(x))) with one activation; with two, wo(act_0(wi_0(x)) *
  act_1(wi_1(x))).
  """

  config: config.T5Config

  @nn.compact
  def __call__(
    self,
    x: Float[Array, 'B T D'],
    masks: dropout.Masks,
    layout: rows.Layout | None = None,
  ) -> Float[Array, 'B T D']:
    """Returns what the layer adds to x.

    Args:
      x: tokens in rows, or behind one another.
      masks: dropout masks; that of 'mlp' is F wide.
      layout: where the tokens of the rows lie.
    """
    names = self.config.mlp_activations
    dtype = self.config.compute_dtype
    hidden = 1.0
    for i, name in enumerate(names):
      wi = 'wi' if len(names) == 1 else f'wi_{i}'
      dense = Dense(self.config.mlp_dim, ('embed', 'mlp'), dtype, name=wi)
      hidden = hidden * config.activation(name)(dense(x))
    rate = self.config.dropout_rate
    hidden = dropout.apply(hidden, masks, 'mlp', rate, layout)
    return Dense(x.shape[-1], ('mlp', 'embed'), dtype, name='wo')(hidden)
