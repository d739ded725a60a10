"""The parameters that a T5 of given sizes has, and whether all are there."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from distill_jax.models import t5
from distill_jax.weights import contents

_SHOWN = 3  # names in a message

# How a network is run; the other fields say what a trained one is.
_RUNNING = ('dropout_rate', 'dtype', 'remat', 'scan_layers')
_ARCHITECTURE = tuple(
  field.name
  for field in dataclasses.fields(t5.T5Config)
  if field.name not in _RUNNING
)


def shapes(config: t5.T5Config) -> dict[str, tuple[int, ...]]:
  """Returns the shape of each parameter by name, layers unrolled.

  A name is a path in the tree: 'encoder/layers_0/mlp/wi/kernel'.
  """
  network = t5.T5(dataclasses.replace(config, scan_layers=False, remat=False))
  ids = jax.ShapeDtypeStruct((1, 1), jnp.int32)
  tree = jax.eval_shape(network.init, jax.random.key(0), ids, ids)['params']
  leaves = jax.tree_util.tree_leaves_with_path(tree, is_leaf=_is_array)
  return {name(path): leaf.shape for path, leaf in leaves}


def name(path: tuple[Any, ...]) -> str:
  """Returns a path of jax's tree functions as 'encoder/.../kernel'."""
  return '/'.join(str(key.key) for key in path if hasattr(key, 'key'))


def check(
  place: str,
  config: t5.T5Config,
  tensors: Mapping[str, contents.Tensor],
  naming: Callable[[str], str] = str,
) -> None:
  """Refuses parameters that are not those of a T5 of these sizes.

  Args:
    place: of the checkpoint, or the file of it that names all tensors.
    config: of the checkpoint.
    tensors: by our names.
    naming: turns our name of a parameter into the checkpoint's.

  Raises:
    ValueError: for missing tensors, tensors left over, or a wrong shape.
  """
  expected = shapes(config)
  missing = [naming(name) for name in expected if name not in tensors]
  if missing:
    raise ValueError(
      f'{place} lacks {_some(missing)}, expected {len(expected)} tensors for '
      'its configuration; the checkpoint is incomplete, or is no whole T5.'
    )
  left = [tensors[name].place for name in tensors if name not in expected]
  if left:
    raise ValueError(
      f'{place} holds {_some(left)}, which its configuration knows nothing '
      'of; expected the tensors of a T5 and no others.'
    )
  for name, shape in expected.items():
    tensor = tensors[name]
    if tensor.shape != shape:
      raise ValueError(
        f'{tensor.place} is {tensor.shape} as our {name}, expected {shape} by '
        'the configuration of the checkpoint; the two do not belong together.'
      )


def check_same(place: str, there: t5.T5Config, asked: t5.T5Config) -> None:
  """Refuses a checkpoint of another architecture than a run file asks for.

  Args:
    place: of the checkpoint.
    there: as the checkpoint has it.
    asked: as the run file has it.

  Raises:
    ValueError: naming each field with both values.
  """
  differences = [
    f'{field} is {getattr(there, field)!r} there and '
    f'{getattr(asked, field)!r} in the run file'
    for field in _ARCHITECTURE
    if getattr(there, field) != getattr(asked, field)
  ]
  if differences:
    raise ValueError(
      f'{place} is another T5 than the run file describes: '
      f'{"; ".join(differences)}; include the gin/models file of the '
      'checkpoint, or name another checkpoint.'
    )


def architecture(config: t5.T5Config) -> dict[str, Any]:
  """Returns the fields of a configuration that a checkpoint determines."""
  return {field: getattr(config, field) for field in _ARCHITECTURE}


def _is_array(leaf: Any) -> bool:
  return isinstance(leaf, jax.ShapeDtypeStruct)


def _some(names: list[str]) -> str:
  more = f' and {len(names) - _SHOWN} more' if len(names) > _SHOWN else ''
  return ', '.join(names[:_SHOWN]) + more
