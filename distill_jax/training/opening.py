"""Checkpoints of any kind, recognised by what lies in them."""

import logging
import pathlib
from collections.abc import Sequence
from typing import Any

from etils import epath

from distill_jax import hub
from distill_jax.models import t5
from distill_jax.text import model_file
from distill_jax.text import vocabulary as vocabulary_lib
from distill_jax.training import finished, finite, landing
from distill_jax.weights import contents, hugging_face, hugging_face_config, t5x

TOKENIZERS = (
  *vocabulary_lib.TOKENIZER_FILES,
  'special_tokens_map.json',
  'added_tokens.json',
)
# What goes with the tensors of a Hugging Face model.
COMPANIONS = (*TOKENIZERS, 'generation_config.json', 'README.md', 'LICENSE')

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
  scheme, separator, _ = path.partition('://')
  if separator and scheme != 'gs':
    raise ValueError(
      f'{path} lies on {scheme}://, expected a local path, gs:// or a name on '
      'the Hugging Face hub; copy it here first.'
    )
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
    activations: of a checkpoint that does not say them.

  Raises:
    ValueError: if it is no whole T5.
  """
  found = kind(path)
  activations = activations and tuple(activations)
  if found == 'huggingface':
    return hugging_face.read(fetched(path))
  if found == 'orbax':
    return finished.read(epath.Path(path).expanduser(), activations)
  return t5x.read(path, activations)


def configuration(
  path: str, activations: Sequence[str] | None = None
) -> t5.T5Config:
  """Returns the network of a checkpoint; of a name only what describes it.

  Raises:
    ValueError: as `weights`.
  """
  if hub.is_name(path):
    return described(path)
  return weights(path, activations).config


def described(path: str) -> t5.T5Config:
  """Returns what a Hugging Face model says of itself, weights or not.

  Raises:
    ValueError: if it describes no T5.
  """
  folder = hub.local(path, (hugging_face.CONFIG,))
  return hugging_face_config.read(folder / hugging_face.CONFIG)


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


def has_weights(path: str) -> bool:
  """Returns whether the tensors are on this machine, not only a description."""
  if kind(path) != 'huggingface':
    return True
  return not hub.is_name(path) and hugging_face.has_weights(
    pathlib.Path(path).expanduser()
  )


def vocabulary(path: str) -> vocabulary_lib.Vocabulary | None:
  """Returns the vocabulary that a checkpoint brings along, if it does.

  Raises:
    ValueError: if it is of a kind that SentencePiece does not know.
  """
  if kind(path) != 'huggingface':
    return None
  folder = hub.local(path, TOKENIZERS)
  if not any((folder / name).exists() for name in TOKENIZERS):
    return None
  return vocabulary_lib.Vocabulary(
    path=str(folder), extra_ids=model_file.extra_ids(folder)
  )


def fetched(path: str) -> pathlib.Path:
  """Returns the folder of a Hugging Face model with everything in it."""
  patterns = (hugging_face.CONFIG, *COMPANIONS)
  safe, pickled = hugging_face.WEIGHT_PATTERNS
  folder = hub.local(path, (*patterns, *safe))
  if hub.is_name(path) and not any(folder.glob('*.safetensors')):
    return hub.local(path, (*patterns, *pickled))
  return folder
