"""NaN and infinity end a run before they reach a checkpoint."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

_ADVICE = (
  'the run stops, and what it has saved is kept; a smaller learning rate or '
  "gradient clipping (the optimizer's max_norm) usually mends this, in another "
  'MODEL_DIR.'
)


class NonFiniteError(ValueError):
  """A loss or a parameter became NaN or infinite, or too many gradients."""


def check_values(step: int, values: Mapping[str, float]) -> None:
  """Raises NonFiniteError if a metric is NaN or infinite."""
  for name, value in values.items():
    if not math.isfinite(value):
      raise NonFiniteError(
        f'{name} is {value} at or shortly before step {step}: {_ADVICE}'
      )


def check_networks(step: int, kind: str, trees: Mapping[str, Any]) -> None:
  """Raises NonFiniteError if an array of a network is not finite.

  A loss is that of the parameters before the update, so it says nothing about
  those after it.

  Args:
    step: that was done last.
    kind: what the trees hold, such as 'parameters'.
    trees: trees of arrays by network.
  """
  for name, tree in trees.items():
    if not _all_finite(tree):
      raise NonFiniteError(
        f'The {kind} of the {name} hold a NaN or an infinity after step '
        f'{step}: {_ADVICE}'
      )


def check_start(place: str, tree: Any) -> None:
  """Raises NonFiniteError if a run would begin with a NaN or an infinity.

  Args:
    place: where the parameters lie.
    tree: of arrays.
  """
  if _all_finite(tree):  # one program, where a leaf each would be many
    return
  for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
    if not _all_finite(leaf):
      name = jax.tree_util.keystr(path, simple=True, separator='/')
      raise NonFiniteError(
        f'{name} in {place} holds a NaN or an infinity, expected finite '
        'numbers; give another checkpoint.'
      )


@jax.jit
def _all_finite(tree: Any) -> jax.Array:
  finite = [
    jnp.all(jnp.isfinite(leaf))
    for leaf in jax.tree.leaves(tree)
    if jnp.issubdtype(leaf.dtype, jnp.inexact)
  ]
  return jnp.all(jnp.array(finite))
