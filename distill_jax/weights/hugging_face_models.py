"""Hugging Face models by folder or name, and what lies beside their tensors."""

import pathlib

from distill_jax import hub
from distill_jax.models import config as config_lib
from distill_jax.text import model_file
from distill_jax.text import vocabulary as vocabulary_lib
from distill_jax.weights import hugging_face, hugging_face_config

TOKENIZERS = (
  *vocabulary_lib.TOKENIZER_FILES,
  'special_tokens_map.json',
  'added_tokens.json',
)
# What goes with the tensors.
COMPANIONS = (*TOKENIZERS, 'generation_config.json', 'README.md', 'LICENSE')


def fetched(path: str) -> pathlib.Path:
  """Returns the folder of a model with everything in it.

  Args:
    path: a folder, or a name on the hub.

  Raises:
    ValueError: if the hub does not give it.
  """
  patterns = (hugging_face.CONFIG, *COMPANIONS)
  safe, pickled = hugging_face.WEIGHT_PATTERNS
  folder = hub.local(path, (*patterns, *safe))
  if hub.is_name(path) and not any(folder.glob('*.safetensors')):
    return hub.local(path, (*patterns, *pickled))
  return folder


def configuration(path: str) -> config_lib.T5Config:
  """Returns what a model says of itself, be its weights here or not.

  Raises:
    ValueError: if it describes no T5.
  """
  folder = hub.local(path, (hugging_face.CONFIG,))
  return hugging_face_config.read(folder / hugging_face.CONFIG)


def has_weights(path: str) -> bool:
  """Returns whether the tensors are on this machine, not only a description."""
  folder = pathlib.Path(path).expanduser()
  return not hub.is_name(path) and hugging_face.has_weights(folder)


def vocabulary(path: str) -> vocabulary_lib.Vocabulary | None:
  """Returns the vocabulary of a model; None where it brings none along.

  Raises:
    ValueError: if it is of a kind that SentencePiece does not know.
  """
  folder = hub.local(path, TOKENIZERS)
  if not any((folder / name).exists() for name in TOKENIZERS):
    return None
  return vocabulary_lib.Vocabulary(
    path=str(folder), extra_ids=model_file.extra_ids(folder)
  )
