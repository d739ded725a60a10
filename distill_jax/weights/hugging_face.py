"""A network as transformers saves it: config.json and files of tensors."""

import functools
import json
import pathlib
from collections.abc import Callable

from distill_jax.weights import (
  contents,
  families,
  family,
  hugging_face_config,
  pickled,
  template,
  tensor_files,
)

CONFIG = 'config.json'
WEIGHTS = 'model.safetensors'
INDEX = 'model.safetensors.index.json'
_SUFFIX = '.index.json'
_PICKLE = 'pytorch_model.bin'

_READERS = {WEIGHTS: tensor_files.read, _PICKLE: pickled.read}

# What has to be fetched of a model that lies elsewhere.
PATTERNS = (CONFIG, 'generation_config.json')
WEIGHT_PATTERNS = (
  (WEIGHTS, 'model-*.safetensors', INDEX),
  (_PICKLE, 'pytorch_model-*.bin', _PICKLE + _SUFFIX),
)

_Ignores = Callable[[str], bool]
_Reader = Callable[[pathlib.Path, _Ignores], family.Stored]


def read(folder: pathlib.Path) -> contents.Weights:
  """Returns what a folder holds; no tensor is read yet.

  Raises:
    ValueError: if it is of no known kind, or its tensors are not those that
      its configuration calls for.
  """
  config = hugging_face_config.read(folder / CONFIG)
  kind = families.of(config)
  place, reader = _place(folder)
  stored = reader(place, kind.ignores)
  notes = kind.tidy(str(folder), config, stored)
  names = {kind.theirs(name): name for name in template.shapes(config)}
  tensors = {
    # What is left over keeps its name.
    names.get(theirs, theirs): kind.tensor(
      names.get(theirs, theirs), theirs, one
    )
    for theirs, one in stored.items()
  }
  template.check(str(place), config, tensors, kind.theirs)
  return contents.Weights(
    kind='huggingface',
    place=str(folder),
    config=config,
    tensors=tensors,
    notes=tuple(notes),
  )


def has_weights(folder: pathlib.Path) -> bool:
  """Returns whether a folder holds tensors, not only a configuration."""
  return any(
    (folder / file).exists()
    for name in _READERS
    for file in (name, name + _SUFFIX)
  )


def _place(folder: pathlib.Path) -> tuple[pathlib.Path, _Reader]:
  """Returns the file that names all tensors, and what reads them from it."""
  for name, reader in _READERS.items():
    if (folder / name).exists():
      return folder / name, reader
    index = folder / (name + _SUFFIX)
    if index.exists():
      return index, functools.partial(_sharded, reader=reader)
  raise ValueError(
    f'{folder} holds a {CONFIG} and no weights; expected {WEIGHTS}, '
    f'{INDEX} with its files, or {_PICKLE}.'
  )


def _sharded(
  index: pathlib.Path, ignores: _Ignores, reader: _Reader
) -> family.Stored:
  """Returns the tensors of several files, each from where the index says."""
  try:
    places = json.loads(index.read_text())['weight_map']
    files = sorted(set(places.values()))
  except (ValueError, KeyError, TypeError, AttributeError) as error:
    raise ValueError(
      f'{index} holds no weight_map from tensors to files; it is damaged.'
    ) from error
  stored: family.Stored = {}
  for file in files:
    path = index.parent / file
    if path.parent != index.parent or not path.is_file():
      raise ValueError(
        f'{index} names the file {file}, which is not beside it; fetch the '
        'whole checkpoint.'
      )
    found = reader(path, ignores)
    asked = [
      name
      for name, place in places.items()
      if place == file and not ignores(name)
    ]
    missing = [name for name in asked if name not in found]
    if missing:
      raise ValueError(
        f'{path} lacks {missing[0]}, which {index.name} says it holds; fetch '
        'the whole checkpoint.'
      )
    stored.update({name: found[name] for name in found})
  return stored
