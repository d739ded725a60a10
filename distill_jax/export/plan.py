"""What a conversion would write, and what a mesh would hold of it."""

import collections
import math
import re

import jax
import numpy as np

from distill_jax.models import t5
from distill_jax.students import encoder_decoder
from distill_jax.training import partition
from distill_jax.weights import template

_GIB = 2**30
_ROW = '{:58} {:>6}  {:16} {:>9}  {:16} {:>9}'


def configuration(config: t5.T5Config) -> str:
  """Returns the architecture as lines for a gin file."""
  fields = template.architecture(config).items()
  return '\n'.join(f't5.T5Config.{name} = {value!r}' for name, value in fields)


def table(config: t5.T5Config, dtype: np.dtype, devices: int) -> str:
  """Returns the parameters with shapes, bytes and what a device holds.

  Equal parameters of all layers share a row.

  Args:
    config: of the network.
    dtype: of the parameters.
    devices: along the model axis of a mesh.
  """
  groups = collections.defaultdict(list)
  parts = _parts(config, devices)
  shapes = template.shapes(config)
  for name, shape in shapes.items():
    groups[re.sub(r'layers_\d+', 'layers_*', name)].append((shape, parts[name]))
  head = ('parameter', 'number', 'shape', 'MiB', f'one of {devices}', 'MiB')
  lines = [_ROW.format(*head)]
  for name, members in groups.items():
    (shape, part), number = members[0], len(members)
    row = (name, number, _shown(shape), _mib(shape, number, dtype))
    lines.append(_ROW.format(*row, _shown(part), _mib(part, number, dtype)))
  whole = sum(_bytes(shape, dtype) for shape in shapes.values())
  held = sum(_bytes(part, dtype) for part in parts.values())
  count = sum(math.prod(shape) for shape in shapes.values())
  lines.append(
    f'{count:,} parameters in {len(shapes)} tensors of {dtype.name}: '
    f'{whole:,} bytes ({whole / _GIB:.2f} GiB); on each of {devices} devices '
    f'{held:,} bytes ({held / _GIB:.2f} GiB)'
  )
  return '\n'.join(lines)


def _parts(config: t5.T5Config, devices: int) -> dict[str, tuple[int, ...]]:
  """Returns the shape of what a device holds of each parameter."""
  mesh = jax.sharding.AbstractMesh((1, devices), ('data', 'model'))
  student = encoder_decoder.EncoderDecoder(config=config)
  shapes = jax.eval_shape(student.init, jax.random.key(0))
  held = jax.tree.map(
    lambda leaf, sharding: sharding.shard_shape(leaf.shape),
    shapes,
    partition.parameter_shardings(mesh, student),
  )
  leaves = jax.tree_util.tree_leaves_with_path(
    held, is_leaf=lambda node: isinstance(node, tuple)
  )
  return {template.name(path): part for path, part in leaves}


def _bytes(shape: tuple[int, ...], dtype: np.dtype) -> int:
  return math.prod(shape) * dtype.itemsize


def _mib(shape: tuple[int, ...], number: int, dtype: np.dtype) -> str:
  return f'{number * _bytes(shape, dtype) / 2**20:,.1f}'


def _shown(shape: tuple[int, ...]) -> str:
  return ' x '.join(f'{size:,}' for size in shape)
