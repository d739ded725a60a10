"""Hugging Face models by folder or name, and what lies beside their tensors."""

import pathlib

from distill_jax import hub
from distill_jax.models import bert_config, opt_config
from distill_jax.text import byte_pairs, model_file, tokenizer, word_pieces
from distill_jax.text import vocabulary as vocabulary_lib
from distill_jax.weights import contents, hugging_face, hugging_face_config

TOKENIZERS = (
  *vocabulary_lib.TOKENIZER_FILES,
  byte_pairs.VOCABULARY,
  byte_pairs.MERGES,
  word_pieces.VOCABULARY,
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


def configuration(path: str) -> contents.Config:
  """Returns what a model says of itself, be its weights here or not.

  Raises:
    ValueError: if it describes no network of ours.
  """
  folder = hub.local(path, (hugging_face.CONFIG,))
  return hugging_face_config.read(folder / hugging_face.CONFIG)


def has_weights(path: str) -> bool:
  """Returns whether the tensors are on this machine, not only a description."""
  folder = pathlib.Path(path).expanduser()
  return not hub.is_name(path) and hugging_face.has_weights(folder)


def vocabulary(path: str) -> tokenizer.Tokenizer | None:
  """Returns the vocabulary of a model; None where it brings none along.

  Raises:
    ValueError: if it is of a kind that is not known.
  """
  folder = hub.local(path, (hugging_face.CONFIG, *TOKENIZERS))
  if not any((folder / name).exists() for name in TOKENIZERS):
    return None
  described = folder / hugging_face.CONFIG
  config = hugging_face_config.read(described) if described.exists() else None
  return vocabulary_at(str(folder), config, None)


def vocabulary_at(
  path: str, config: contents.Config | None, extra_ids: int | None
) -> tokenizer.Tokenizer:
  """Returns the vocabulary of a path, as a network of a kind has it.

  Args:
    path: a folder or file of a tokenizer.
    config: of the network; None for a T5's.
    extra_ids: of a T5's vocabulary; None for what the folder says.
  """
  if isinstance(config, opt_config.OptConfig):
    return byte_pairs.BytePairs(path)
  if isinstance(config, bert_config.BertConfig):
    return word_pieces.WordPieces(path)
  if extra_ids is None:
    extra_ids = model_file.extra_ids(pathlib.Path(path))
  return vocabulary_lib.Vocabulary(path, extra_ids)
