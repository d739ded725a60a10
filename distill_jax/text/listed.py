"""Files that list the pieces of a vocabulary."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

TOKENIZER = 'tokenizer.json'
CONFIG = 'tokenizer_config.json'


def read(path: pathlib.Path) -> dict[str, Any]:
  """Returns a JSON object.

  Raises:
    ValueError: if the file is absent or holds none.
  """
  try:
    said = json.loads(path.read_text(encoding='utf-8'))
  except (OSError, ValueError) as error:
    raise ValueError(
      f'Vocabulary: {path} cannot be read as JSON ({error}); fetch it again'
    ) from error
  if not isinstance(said, dict):
    raise ValueError(f'Vocabulary: {path} is no JSON object, expected one')
  return said


def numbered(path: pathlib.Path) -> dict[str, int]:
  """Returns the ids of a file {piece: id}."""
  return read(path)


def described(path: pathlib.Path, kind: str) -> dict[str, Any]:
  """Returns a tokenizer.json whose model is of this kind.

  Raises:
    ValueError: if it is of another one, or has tokens beside its vocabulary.
  """
  said = read(path)
  model = said.get('model')
  found = model.get('type') if isinstance(model, dict) else None
  if found != kind or not isinstance(model.get('vocab'), dict):
    raise ValueError(
      f'Vocabulary: {path} describes a model of the type {found!r}, expected '
      f'{kind!r} with its vocabulary'
    )
  for token in said.get('added_tokens') or ():
    if token.get('content') not in model['vocab']:
      raise ValueError(
        f'Vocabulary: {path} adds the token {token.get("content")!r}, expected '
        'none beside the vocabulary'
      )
  return said


def in_order(path: pathlib.Path, vocab: Mapping[str, int]) -> list[str]:
  """Returns the pieces by their ids.

  Raises:
    ValueError: if the ids are not 0, 1, 2 and so on.
  """
  pieces = sorted(vocab, key=lambda piece: vocab[piece])
  if [vocab[piece] for piece in pieces] != list(range(len(pieces))):
    raise ValueError(
      f'Vocabulary: {path} numbers its {len(pieces)} pieces with gaps or '
      'twice, expected 0, 1, 2 and so on'
    )
  return pieces
