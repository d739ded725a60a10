"""What a conversion would write, and what a mesh would hold of it."""

import collections
import math
import re
from collections.abc import Mapping, Sequence

import jax
import numpy as np

from distill_jax.training import partition
from distill_jax.weights import contents, template

_ROW = '{:58} {:>6}  {:16} {:>9}  {:16} {:>9}'


def configuration(config: contents.Config) -> str:
  """Returns the architecture as lines for a gin file."""
  fields = template.architecture(config).items()
  kind = type(config).__name__
  where = f'{template.called(config).lower()}.{kind}'
  return '\n'.join(f'{where}.{name} = {value!r}' for name, value in fields)


def table(
  config: contents.Config, dtypes: Mapping[str, np.dtype], devices: int
) -> str:
  """Returns the parameters with shapes, bytes and what a device holds.

  Equal parameters of all layers share a row.

  Args:
    config: of the network.
    dtypes: of each parameter.
    devices: along the model axis of a mesh.
  """
  parts, shapes = _parts(config, devices), template.shapes(config)
  whole = {name: _bytes(shapes[name], dtypes[name]) for name in shapes}
  held = {name: _bytes(parts[name], dtypes[name]) for name in shapes}
  groups = collections.defaultdict(list)
  for name in shapes:
    groups[re.sub(r'layers_\d+', 'layers_*', name)].append(name)
  head = ('parameter', 'number', 'shape', 'MiB', f'one of {devices}', 'MiB')
  lines = [_ROW.format(*head)]
  for group, names in groups.items():
    lines.append(
      _ROW.format(
        group,
        len(names),
        _shown(shapes[names[0]]),
        _mib(whole, names),
        _shown(parts[names[0]]),
        _mib(held, names),
      )
    )
  count = sum(math.prod(shape) for shape in shapes.values())
  kinds = ' and '.join(sorted({dtypes[name].name for name in shapes}))
  total, share = sum(whole.values()), sum(held.values())
  lines.append(
    f'{count:,} parameters in {len(shapes)} tensors of {kinds}: '
    f'{total:,} bytes ({total / 2**30:.2f} GiB); on each of {devices} devices '
    f'{share:,} bytes ({share / 2**30:.2f} GiB)'
  )
  return '\n'.join(lines)


def _parts(config: contents.Config, devices: int) -> dict[str, tuple[int, ...]]:
  """Returns the shape of what a device holds of each parameter."""
  mesh = jax.sharding.AbstractMesh((1, devices), ('data', 'model'))
  bare = template.Bare(config=config)
  shapes = jax.eval_shape(bare.init, jax.random.key(0))
  held = jax.tree.map(
    lambda leaf, sharding: sharding.shard_shape(leaf.shape),
    shapes,
    partition.parameter_shardings(mesh, bare),
  )
  leaves = jax.tree_util.tree_leaves_with_path(
    held, is_leaf=lambda node: isinstance(node, tuple)
  )
  return {template.name(path): part for path, part in leaves}


def _bytes(shape: tuple[int, ...], dtype: np.dtype) -> int:
  return math.prod(shape) * dtype.itemsize


def _mib(sizes: Mapping[str, int], names: Sequence[str]) -> str:
  return f'{sum(sizes[name] for name in names) / 2**20:,.1f}'


def _shown(shape: tuple[int, ...]) -> str:
  return ' x '.join(f'{size:,}' for size in shape)
