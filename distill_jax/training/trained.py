"""An optimizer for networks of which only some parameters are trained."""

from typing import Any

import jax
import optax


def only(
  transform: optax.GradientTransformation, network: Any
) -> optax.GradientTransformation:
  """Returns an optimizer that moves what the network trains, and no more.

  Other parameters have no moments, and no part in a norm that is clipped. A
  network without `trained` is trained as a whole, by `transform` itself.

  Args:
    transform: for the trained parameters.
    network: a student or critic; `trained(params)`, where it has it, is a tree
      of bools.
  """
  if not hasattr(network, 'trained'):
    return transform

  shapes = jax.eval_shape(network.init, jax.random.key(0))
  labels = jax.tree.map(
    lambda moves: 'trained' if moves else 'frozen', network.trained(shapes)
  )
  return optax.multi_transform(
    {'trained': transform, 'frozen': optax.set_to_zero()}, labels
  )
