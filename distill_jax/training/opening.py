"""Checkpoints of any kind, recognised by what lies in them."""

import pathlib
from collections.abc import Sequence
from typing import Any

from etils import epath

from distill_jax import hub
from distill_jax.models import t5
from distill_jax.training import finished, landing
from distill_jax.weights import contents, hugging_face, hugging_face_config, t5x

KINDS = ('huggingface', 't5x', 'orbax')


def kind(path: str) -> str:
  """Returns the kind of a checkpoint, one of `KINDS`.

  Args:
    path: a folder or file, local or `gs://`, or a name on the Hugging Face hub.

  Raises:
    ValueError: if nothing is there, or nothing that is known.
  """
  if hub.is_name(path):
    return 'huggingface'
  place = epath.Path(path).expanduser()
  if not place.exists():
    raise ValueError(
      f'{path} does not exist; expected a Hugging Face folder or name, a T5X '
      'checkpoint, or the MODEL_DIR of a run.'
    )
  if place.is_dir() and finished.is_finished(place):
    return 'orbax'
  if place.is_dir() and (place / hugging_face.CONFIG).exists():
    return 'huggingface'
  if t5x.is_t5x(str(place)):
    return 't5x'
  raise ValueError(
    f'{path} is no checkpoint that is known; expected a folder with '
    f'{hugging_face.CONFIG} (Hugging Face), a file or folder of T5X '
    '(checkpoint_N), or the MODEL_DIR of a run with a student in best/.'
  )


def weights(
  path: str, activations: Sequence[str] | None = None
) -> contents.Weights:
  """Returns what a checkpoint holds; no tensor is read yet.

  Args:
    path: see `kind`.
    activations: of a T5X checkpoint beside which no configuration lies.

  Raises:
    ValueError: if it is no whole T5.
  """
  found = kind(path)
  if found == 'huggingface':
    return hugging_face.read(fetched(path))
  if found == 'orbax':
    return finished.read(epath.Path(path).expanduser())
  return t5x.read(path, activations and tuple(activations))


def configuration(
  path: str, activations: Sequence[str] | None = None
) -> t5.T5Config:
  """Returns the network of a checkpoint; reads as little as it can.

  Raises:
    ValueError: as `weights`.
  """
  found = kind(path)
  if found == 'huggingface':
    folder = hub.local(path, hugging_face.PATTERNS)
    return hugging_face_config.read(folder / hugging_face.CONFIG)
  if found == 'orbax':
    return finished.configuration(epath.Path(path).expanduser())
  return t5x.read(path, activations and tuple(activations)).config


def params(
  path: str, like: Any, activations: Sequence[str] | None = None
) -> Any:
  """Returns the parameters of a checkpoint as the tree `like`.

  Args:
    path: see `kind`.
    like: shapes, types and places; what it lacks is not read.
    activations: see `weights`.

  Raises:
    ValueError: as `weights`.
  """
  if kind(path) == 'orbax':
    return finished.load(epath.Path(path).expanduser(), like)[1]
  return landing.land(weights(path, activations), like)


def has_weights(path: str) -> bool:
  """Returns whether the tensors are on this machine, not only a description."""
  if kind(path) != 'huggingface':
    return True
  return not hub.is_name(path) and hugging_face.has_weights(
    pathlib.Path(path).expanduser()
  )


def fetched(path: str) -> pathlib.Path:
  """Returns the folder of a Hugging Face model with everything in it."""
  patterns = hugging_face.PATTERNS
  safe, pickled = hugging_face.WEIGHT_PATTERNS
  folder = hub.local(path, (*patterns, *safe))
  if hub.is_name(path) and not any(folder.glob('*.safetensors')):
    return hub.local(path, (*patterns, *pickled))
  return folder
