"""Checkpoints of any kind, recognised by what lies in them."""

import logging
from collections.abc import Sequence
from typing import Any

from etils import epath

from distill_jax import hub, places
from distill_jax.text import tokenizer
from distill_jax.training import finished, finite, landing
from distill_jax.weights import (
  contents,
  hugging_face,
  hugging_face_models,
  t5x,
)

_log = logging.getLogger(__name__)


def kind(path: str) -> str:
  """Returns what wrote a checkpoint: 'huggingface', 't5x' or 'orbax'.

  Args:
    path: a folder or file, local or `gs://`, or a name on the Hugging Face hub.

  Raises:
    ValueError: if nothing is there, or nothing that is known.
  """
  if hub.is_name(path):
    return 'huggingface'
  place = places.place(path)
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
  for parent in list(place.parents)[:2]:
    if finished.is_finished(parent):
      raise ValueError(f'{path} is a part of a run; give {parent}.')
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
    activations: of a checkpoint that does not say them.

  Raises:
    ValueError: if it is no whole network.
  """
  found = kind(path)
  activations = activations and tuple(activations)
  if found == 'huggingface':
    return hugging_face.read(hugging_face_models.fetched(path))
  if found == 'orbax':
    return finished.read(epath.Path(path).expanduser(), activations)
  return t5x.read(path, activations)


def configuration(
  path: str, activations: Sequence[str] | None = None
) -> contents.Config:
  """Returns the network of a checkpoint; of a name only what describes it.

  Raises:
    ValueError: as `weights`.
  """
  if hub.is_name(path):
    return hugging_face_models.configuration(path)
  return weights(path, activations).config


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
    found = finished.load(epath.Path(path).expanduser(), like)[1]
    finite.check_start(path, found)
    return found
  opened = weights(path, activations)
  for note in opened.notes:
    _log.warning(note)
  return landing.land(opened, like)


def activations(network: Any) -> tuple[str, ...] | None:
  """Returns what a T5X checkpoint does not say: a T5's activations.

  Args:
    network: a student or critic, or None; other networks have none to say.
  """
  config = getattr(network, 'config', None)
  return getattr(config, 'mlp_activations', None)


def has_weights(path: str) -> bool:
  """Returns whether the tensors are on this machine, not only a description."""
  if kind(path) == 'huggingface':
    return hugging_face_models.has_weights(path)
  return True


def vocabulary(path: str) -> tokenizer.Tokenizer | None:
  """Returns the vocabulary that a checkpoint brings along, if it does.

  Raises:
    ValueError: if it is of a kind that is not known.
  """
  if kind(path) == 'huggingface':
    return hugging_face_models.vocabulary(path)
  return None
