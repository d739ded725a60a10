"""Parameters that a Flax module makes, boxed with their logical axes."""

import abc
import functools
from typing import Any

import jax
from flax import linen as nn


class Boxed(abc.ABC):
  """A student or critic whose parameters are boxed when they are made.

  The names of the axes are T5X's: 'vocab', 'embed', 'joint_kv', 'mlp', 'heads',
  'relpos_buckets', and 'layers' in front where layers are scanned.
  """

  @abc.abstractmethod
  def _boxed(self, rng: jax.Array) -> Any:
    """Returns fresh parameters in boxes."""

  def init(self, rng: jax.Array) -> Any:
    """Returns fresh parameters, a tree of float32 arrays."""
    return _fresh(self, rng)

  def axes(self) -> Any:
    """Returns the tree of logical axes, a PartitionSpec per parameter."""
    return nn.get_partition_spec(jax.eval_shape(self._boxed, jax.random.key(0)))


@functools.partial(jax.jit, static_argnums=0)
def _fresh(network: Boxed, rng: jax.Array) -> Any:
  """Returns parameters without boxes, compiled as one program."""
  return nn.meta.unbox(network._boxed(rng))
