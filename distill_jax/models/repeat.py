"""A stack of equal layers: unrolled, or one compiled layer in a loop."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from distill_jax.models import config, dropout

_LAYER = 'layers_'


def build(
  layer: type[nn.Module], c: config.T5Config, length: int, shared: int
) -> Sequence[nn.Module] | nn.Module:
  """Returns the layers of a stack, to be assigned to `self.layers`.

  Args:
    layer: a module whose `__call__(x, masks, *shared)` returns `(x, None)`.
    c: `remat` and `scan_layers` say how the layers run.
    length: number of layers.
    shared: number of arguments after `masks`.
  """
  if c.remat:
    layer = nn.remat(layer, prevent_cse=not c.scan_layers)
  if not c.scan_layers:
    return [layer(c) for _ in range(length)]
  scanned = nn.scan(
    layer,
    variable_axes={'params': 0},
    split_rngs={'params': True},
    in_axes=(0, *[nn.broadcast] * shared),
    length=length,
    metadata_params={nn.PARTITION_NAME: 'layers'},
  )
  return scanned(c)


def run(
  layers: Sequence[nn.Module] | nn.Module,
  x: Float[Array, 'B T D'],
  masks: dropout.Masks,
  *shared: Array,
) -> Float[Array, 'B T D']:
  """Returns x after all layers.

  Args:
    layers: from `build`.
    x: what goes into the first layer.
    masks: of all layers, from `dropout.draw_layers`.
    *shared: what every layer sees.
  """
  if isinstance(layers, nn.Module):
    return layers(x, masks, *shared)[0]
  for i, layer in enumerate(layers):
    x, _ = layer(x, {name: mask[i] for name, mask in masks.items()}, *shared)
  return x


def parts(name: str, count: int) -> list[tuple[str, int | None]]:
  """Returns (name, layer) of the unrolled parameters in a parameter.

  'encoder/layers/mlp/wi/kernel' holds 'encoder/layers_0/mlp/wi/kernel' as its
  layer 0 and so on; any other parameter holds itself alone, as layer None.

  Args:
    name: path of a parameter, stacked or not.
    count: of layers, where it is stacked.
  """
  words = name.split('/')
  if 'layers' not in words:
    return [(name, None)]
  at = words.index('layers')
  return [
    ('/'.join([*words[:at], f'{_LAYER}{i}', *words[at + 1 :]]), i)
    for i in range(count)
  ]


def stack(params: Mapping[str, Any]) -> dict[str, Any]:
  """Returns parameters for `scan_layers`: layers_0, layers_1, ... as `layers`.

  The layers lie along a new first axis. `unstack` is the inverse.
  """
  if not isinstance(params, Mapping):
    return params
  count = sum(name.startswith(_LAYER) for name in params)
  tree = {
    name: stack(value)
    for name, value in params.items()
    if not name.startswith(_LAYER)
  }
  if count:
    trees = [params[f'{_LAYER}{i}'] for i in range(count)]
    tree['layers'] = jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)
  return tree


def unstack(params: Mapping[str, Any]) -> dict[str, Any]:
  """Returns parameters for unrolled layers, T5X's names: undoes `stack`."""
  if not isinstance(params, Mapping):
    return params
  tree = {
    name: unstack(value) for name, value in params.items() if name != 'layers'
  }
  if 'layers' in params:
    count = jax.tree.leaves(params['layers'])[0].shape[0]
    for i in range(count):
      tree[f'{_LAYER}{i}'] = jax.tree.map(lambda x, i=i: x[i], params['layers'])
  return tree
