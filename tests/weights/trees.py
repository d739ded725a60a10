"""Weights as the tree that a network takes."""

from typing import Any

import jax.numpy as jnp

from distill_jax.weights import contents


def tree(weights: contents.Weights) -> dict[str, Any]:
  """All tensors, by the parts of their names."""
  found: dict[str, Any] = {}
  for name, tensor in weights.tensors.items():
    *parts, last = name.split('/')
    node = found
    for part in parts:
      node = node.setdefault(part, {})
    node[last] = jnp.asarray(tensor.read())
  return found
