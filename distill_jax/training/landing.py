"""Parameters from disk to where they live, one tensor at a time."""

from typing import Any

import jax
import numpy as np

from distill_jax.models import repeat
from distill_jax.training import partition
from distill_jax.weights import contents, template


def land(weights: contents.Weights, like: Any) -> Any:
  """Returns the parameters of a checkpoint as the tree `like`.

  Each is cast, cut and placed before the next one is read.

  Args:
    weights: with all parameters that `like` names, layers unrolled.
    like: shapes, types and places; its layers may be stacked.

  Raises:
    ValueError: if a tensor cannot be read, or is not finite.
  """

  def place(path: tuple[Any, ...], leaf: Any) -> jax.Array:
    array = _array(weights, template.name(path), leaf)
    return partition.put(array, leaf.sharding)

  return jax.tree_util.tree_map_with_path(place, like)


def _array(weights: contents.Weights, name: str, leaf: Any) -> np.ndarray:
  (first, layer), *rest = repeat.parts(name, leaf.shape[0])
  if layer is None:
    return weights.tensors[first].read(leaf.dtype)
  stacked = np.empty(leaf.shape, leaf.dtype)
  for part, index in ((first, layer), *rest):
    stacked[index] = weights.tensors[part].read(leaf.dtype)
  return stacked
