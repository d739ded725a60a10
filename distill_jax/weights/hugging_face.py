"""T5 as transformers saves it: config.json and files of tensors."""

import functools
import json
import pathlib
from collections.abc import Callable, Mapping

import numpy as np

from distill_jax.weights import (
  contents,
  hugging_face_config,
  hugging_face_names,
  pickled,
  template,
  tensor_files,
)

CONFIG = 'config.json'
WEIGHTS = 'model.safetensors'
INDEX = 'model.safetensors.index.json'
_SUFFIX = '.index.json'
_EMBEDDING = 'token_embedder/embedding'
_PICKLE = 'pytorch_model.bin'

_READERS = {WEIGHTS: tensor_files.read, _PICKLE: pickled.read}

# What has to be fetched of a model that lies elsewhere.
PATTERNS = (CONFIG, 'generation_config.json')
WEIGHT_PATTERNS = (
  (WEIGHTS, 'model-*.safetensors', INDEX),
  (_PICKLE, 'pytorch_model-*.bin', _PICKLE + _SUFFIX),
)

_Stored = dict[str, tensor_files.Stored]
_Reader = Callable[[pathlib.Path], _Stored]


def read(folder: pathlib.Path) -> contents.Weights:
  """Returns what a folder holds; no tensor is read yet.

  Raises:
    ValueError: if it is no T5, or its tensors are not those that its
      configuration calls for.
  """
  config = hugging_face_config.read(folder / CONFIG)
  place, reader = _place(folder)
  stored = reader(place)
  notes = _drop_unused(stored)
  _drop_copies(stored, tied=config.logits_via_embedding)
  logits, embedding = hugging_face_names.LOGITS, hugging_face_names.EMBEDDING
  if (
    not config.logits_via_embedding
    and logits not in stored
    and embedding in stored
  ):
    stored[logits] = stored[embedding]
    notes.append(
      f'{folder} holds no {logits}: the logits begin as a copy of the '
      'embedding, as transformers has it'
    )
  tensors = _ours(template.shapes(config), stored)
  template.check(str(place), config, tensors, hugging_face_names.theirs)
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


def _sharded(index: pathlib.Path, reader: _Reader) -> _Stored:
  """Returns the tensors of several files, each from where the index says."""
  try:
    places = json.loads(index.read_text())['weight_map']
    files = sorted(set(places.values()))
  except (ValueError, KeyError, TypeError, AttributeError) as error:
    raise ValueError(
      f'{index} holds no weight_map from tensors to files; it is damaged.'
    ) from error
  stored: _Stored = {}
  for file in files:
    path = index.parent / file
    if path.parent != index.parent or not path.is_file():
      raise ValueError(
        f'{index} names the file {file}, which is not beside it; fetch the '
        'whole checkpoint.'
      )
    found = reader(path)
    asked = [name for name, place in places.items() if place == file]
    missing = [name for name in asked if name not in found]
    if missing:
      raise ValueError(
        f'{path} lacks {missing[0]}, which {index.name} says it holds; fetch '
        'the whole checkpoint.'
      )
    stored.update({name: found[name] for name in found})
  return stored


def _drop_unused(stored: _Stored) -> list[str]:
  there = [name for name in hugging_face_names.UNUSED if name in stored]
  for name in there:
    del stored[name]
  return [f'{name} is left out: no T5 uses it' for name in there]


def _drop_copies(stored: _Stored, *, tied: bool) -> None:
  """Takes out second copies of the embedding, having compared them.

  Raises:
    ValueError: if one differs, or cannot be compared: NaN equals nothing.
  """
  embedding = hugging_face_names.EMBEDDING
  copies = hugging_face_names.COPIES
  if tied:
    copies = (*copies, hugging_face_names.LOGITS)
  there = [name for name in copies if name in stored]
  if there and embedding not in stored:
    stored[embedding] = stored.pop(there.pop(0))
  for name in there:
    copy = stored.pop(name)
    arrays = (
      _tensor(_EMBEDDING, theirs, one).read()
      for theirs, one in ((name, copy), (embedding, stored[embedding]))
    )
    if not np.array_equal(*arrays):
      raise ValueError(
        f'{name} in {copy.file} differs from {embedding}, expected a copy of '
        'it: a T5 with several embeddings is not supported.'
      )


def _ours(
  shapes: Mapping[str, tuple[int, ...]], stored: _Stored
) -> dict[str, contents.Tensor]:
  """Returns the tensors under our names; those left over keep theirs."""
  names = {hugging_face_names.theirs(name): name for name in shapes}
  return {
    names.get(theirs, theirs): _tensor(names.get(theirs, theirs), theirs, one)
    for theirs, one in stored.items()
  }


def _tensor(
  name: str, theirs: str, stored: tensor_files.Stored
) -> contents.Tensor:
  turn = hugging_face_names.transposed(name)
  return contents.Tensor(
    name=name,
    shape=stored.shape[::-1] if turn else stored.shape,
    dtype=stored.dtype,
    place=f'{theirs} in {stored.file}',
    fetch=lambda: stored.fetch().T if turn else stored.fetch(),
  )
