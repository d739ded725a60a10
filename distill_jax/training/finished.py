"""The student of a run, or of a converted checkpoint, as weights."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from etils import epath
from flax import traverse_util

from distill_jax.models import repeat
from distill_jax.training import best, checkpoints, quiet
from distill_jax.training import portions as portions_lib
from distill_jax.weights import contents, t5x_config, template

_STUDENT = 'student'  # where a checkpoint keeps its parameters
_MODEL = 'model'  # where a checkpoint's facts say what network it is


def is_finished(folder: epath.Path) -> bool:
  """Returns whether a folder holds the best network of a run."""
  return checkpoints.holds_any(folder / best.FOLDER)


def about(network: Any) -> dict[str, Any]:
  """Returns what a checkpoint says of the network whose parameters it holds."""
  config = getattr(network, 'config', None)
  return {_MODEL: template.told(config)} if template.is_known(config) else {}


def _configuration(
  place: str,
  said: Mapping[str, Any] | None,
  shapes: Mapping[str, tuple[int, ...]],
  activations: tuple[str, ...] | None,
) -> contents.Config:
  """Returns what the facts say, or what the arrays show where they do not."""
  if said is None:
    return t5x_config.infer(place, shapes, None, activations)
  return template.retold(said)


def load(folder: epath.Path, like: Any) -> tuple[int, Any]:
  """Returns (step, parameters) of the student.

  Args:
    folder: of a run.
    like: shapes and places of the parameters; parts of the student that are
      missing here are not read.

  Raises:
    ValueError: if there is none yet, or one of another shape or kind.
  """
  with checkpoints.opened(folder / best.FOLDER) as store:
    step = best.newest(folder, store, _STUDENT)
    return step, store.load_part(step, {_STUDENT: like})[_STUDENT]


def read(
  folder: epath.Path, activations: tuple[str, ...] | None = None
) -> contents.Weights:
  """Returns the student of a folder; no tensor is read yet.

  Args:
    folder: of a run.
    activations: of the network, where the checkpoint does not say them.

  Raises:
    ValueError: if there is none, another network, or it is not whole.
  """
  with checkpoints.opened(folder / best.FOLDER) as store:
    step = best.newest(folder, store, _STUDENT)
    said = store.facts(step).get(_MODEL)
    shapes = store.shapes(step)[_STUDENT]
  place = folder / best.FOLDER / str(step)
  leaves = {
    f'{_STUDENT}/{template.name(path)}': leaf
    for path, leaf in jax.tree_util.tree_leaves_with_path(shapes)
  }
  portions = portions_lib.Portions(folder / best.FOLDER, step, leaves)
  tensors = {
    tensor.name: tensor
    for stored, leaf in leaves.items()
    for tensor in _tensors(place, stored, leaf, portions)
  }
  sizes = {name: tensor.shape for name, tensor in tensors.items()}
  config = _configuration(str(place), said, sizes, activations)
  template.check(str(place), config, tensors)
  return contents.Weights(
    kind='orbax',
    place=str(place),
    config=config,
    tensors=tensors,
    step=step,
  )


def _tensors(
  place: epath.Path, stored: str, leaf: Any, portions: portions_lib.Portions
) -> Iterator[contents.Tensor]:
  """Gives the tensor of a leaf, or one per layer where layers are stacked."""

  def fetch(layer: int | None) -> np.ndarray:
    array = portions.array(stored)
    return array if layer is None else array[layer]

  ours = stored.removeprefix(f'{_STUDENT}/')
  for name, layer in repeat.parts(ours, leaf.shape[0]):
    yield contents.Tensor(
      name=name,
      shape=tuple(leaf.shape if layer is None else leaf.shape[1:]),
      dtype=np.dtype(leaf.dtype),
      place=f'{stored} in {place}',
      fetch=functools.partial(fetch, layer),
    )


def write(
  folder: epath.Path,
  config: contents.Config,
  tensors: Mapping[str, contents.Tensor],
  dtype: np.dtype | None = None,
) -> None:
  """Writes tensors as the student of step 0 into a folder.

  All of them are held at once: orbax writes a tree.

  Args:
    folder: that exists.
    config: of the network.
    tensors: all its parameters, by our names.
    dtype: to cast to; None keeps each as it is.
  """
  flat = {
    tuple(name.split('/')): jnp.asarray(tensor.read(dtype))
    for name, tensor in tensors.items()
  }
  tree = {_STUDENT: traverse_util.unflatten_dict(flat)}
  del flat
  facts = {_MODEL: template.told(config)}
  largest = max(array.nbytes for array in jax.tree.leaves(tree))
  try:
    with (
      quiet.quiet(),
      checkpoints.sparing(largest),
      checkpoints.opened(folder / best.FOLDER, keep=1) as store,
    ):
      store.save(0, tree, facts)
  except OSError:
    quiet.ignore_stragglers()
    raise
