"""T5X checkpoints: one msgpack file, or that and zarr folders beside it.

Our tree of parameters is T5X's, so names and layouts are the same.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import ml_dtypes
import numpy as np
from etils import epath

from distill_jax.weights import (
  contents,
  t5x_config,
  t5x_gin,
  t5x_msgpack,
  t5x_places,
  t5x_zarr,
  template,
)

_VERSIONS = (2, 3)
_FLOATS = [np.dtype(t) for t in ('float16', 'float32', 'float64')]
_FLOATS.append(np.dtype(ml_dtypes.bfloat16))

is_t5x = t5x_places.is_checkpoint


def read(
  path: str, activations: tuple[str, ...] | None = None
) -> contents.Weights:
  """Returns what a T5X checkpoint holds; no tensor is read yet.

  Args:
    path: local or `gs://`: the msgpack file, a folder checkpoint_N, or a
      folder of several, of which the newest counts.
    activations: of the MLPs, where no config.gin beside the checkpoint says
      them.

  Raises:
    ValueError: if it is no T5X checkpoint, is incomplete, or holds something
      else than a T5.
  """
  file = t5x_places.find(path)
  place = str(t5x_places.home(file))
  optimizer = _optimizer(file)
  beside = {child.name for child in file.parent.iterdir()}
  tensors = {
    tensor.name: tensor
    for tensor in _tensors(file, beside, ('target',), optimizer['target'])
  }
  state = {
    tensor.name: tensor
    for tensor in _tensors(file, beside, ('state',), optimizer.get('state', {}))
  }
  _require_floats(tensors)
  said = t5x_gin.read(file)
  shapes = {name: tensor.shape for name, tensor in tensors.items()}
  config = t5x_config.infer(place, shapes, said, activations)
  template.check(place, config, tensors)
  return contents.Weights(
    kind='t5x',
    place=place,
    config=config,
    tensors=tensors,
    step=_step(state),
    state=state,
    notes=tuple(
      f'{name} of {place} is left out: no T5 uses it'
      for name in optimizer.keys() - {'target', 'state'}
    ),
  )


def _optimizer(file: epath.Path) -> Mapping[str, Any]:
  """Returns the tree of parameters and state.

  Raises:
    ValueError: for another version of the form, or a tree without them.
  """
  tree = t5x_msgpack.index(file)
  version = tree.get('version')
  if version not in _VERSIONS:
    raise ValueError(
      f'{file} is of version {version}, expected {_VERSIONS[0]} or '
      f'{_VERSIONS[1]} of the T5X form.'
    )
  optimizer = tree.get('optimizer')
  if not isinstance(optimizer, dict) or not optimizer.get('target'):
    raise ValueError(
      f'{file} holds no parameters (optimizer/target); it is incomplete.'
    )
  return optimizer


def _tensors(
  file: epath.Path, beside: set[str], names: tuple[str, ...], node: Any
) -> Iterator[contents.Tensor]:
  """Gives the arrays below a node of the file's tree.

  Args:
    file: of the checkpoint.
    beside: names of what lies in its folder.
    names: the path to the node.
    node: a map, an array, a description of a zarr folder, or a number; None
      stands for the state of a parameter that was not trained.
  """
  name = '/'.join(names)
  if t5x_zarr.is_spec(node):
    yield _tensor(name, _zarr(file, beside, name, node))
  elif isinstance(node, dict):
    for key, child in node.items():
      yield from _tensors(file, beside, (*names, key), child)
  elif isinstance(node, t5x_msgpack.Array):
    yield _tensor(name, node)
  elif isinstance(node, int | float):
    array = np.asarray(node)
    yield contents.Tensor(
      name=name,
      shape=(),
      dtype=array.dtype,
      place=f'{name} in {file}',
      fetch=lambda: array,
    )
  elif node is not None:
    raise ValueError(
      f'{file}: {name} is {node!r}, expected an array; checkpoints of T5X that '
      'Orbax wrote are not read.'
    )


def _zarr(
  file: epath.Path, beside: set[str], name: str, spec: Mapping[str, Any]
) -> t5x_zarr.Array:
  array = t5x_zarr.find(name, spec, file.parent)
  if array.file.name not in beside:
    raise ValueError(
      f'{name} is to lie in {array.file}, which is missing; fetch the whole '
      'checkpoint.'
    )
  return array


def _tensor(
  name: str, stored: t5x_msgpack.Array | t5x_zarr.Array
) -> contents.Tensor:
  return contents.Tensor(
    name=name.removeprefix('target/'),
    shape=stored.shape,
    dtype=stored.dtype,
    place=f'{name} in {stored.file}',
    fetch=stored.read,
  )


def _step(state: Mapping[str, contents.Tensor]) -> int:
  """Returns the steps that the optimizer has counted."""
  tensor = state.get('state/step')
  if tensor is None:
    return 0
  if tensor.dtype.kind not in 'iu' or tensor.nbytes != tensor.dtype.itemsize:
    raise ValueError(
      f'{tensor.place} is {tensor.dtype} of {tensor.shape}, expected one whole '
      'number; the checkpoint is damaged, or something else.'
    )
  return int(tensor.read().item())


def _require_floats(tensors: Mapping[str, contents.Tensor]) -> None:
  for tensor in tensors.values():
    if tensor.dtype not in _FLOATS:
      raise ValueError(
        f'{tensor.place} is stored as {tensor.dtype}, expected float32 or '
        'bfloat16; version 2 of T5X wrote bfloat16 as uint16, which its later '
        'versions refuse too: save such a checkpoint anew as float32.'
      )
