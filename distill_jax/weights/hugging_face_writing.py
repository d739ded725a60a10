"""A network as transformers loads it: config.json and files of tensors."""

import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from distill_jax.weights import (
  contents,
  families,
  family,
  hugging_face,
  hugging_face_config,
  tensor_files,
)

SHARD_BYTES = 5 * 10**9  # where transformers cuts


class _Entry(NamedTuple):
  """A tensor to be written: its source, and its form in the file."""

  tensor: contents.Tensor
  shape: tuple[int, ...]
  dtype: np.dtype


_Entries = dict[str, _Entry]  # by the names of transformers


def write(
  folder: pathlib.Path,
  config: contents.Config,
  tensors: Mapping[str, contents.Tensor],
  dtype: np.dtype | None = None,
  shard_bytes: int = SHARD_BYTES,
) -> None:
  """Writes configuration and tensors into a folder, a tensor at a time.

  Args:
    folder: that exists.
    config: of the network.
    tensors: all its parameters, by our names.
    dtype: to cast to; None keeps each as it is.
    shard_bytes: more than this is cut into several files.

  Raises:
    ValueError: if transformers has no such network, or a tensor is not finite.
  """
  kind = families.of(config)
  entries = {
    kind.theirs(name): _entry(kind, tensor, dtype)
    for name, tensor in tensors.items()
  }
  dtypes = {entry.dtype.name for entry in entries.values()}
  hugging_face_config.write(
    folder / hugging_face.CONFIG,
    config,
    dtypes.pop() if len(dtypes) == 1 else 'float32',
  )
  shards = _shards(entries, shard_bytes)
  for file, part in shards.items():
    headers = {name: (entry.shape, entry.dtype) for name, entry in part.items()}
    tensor_files.write(folder / file, headers, _arrays(kind, part))
  if len(shards) > 1:
    _write_index(folder, shards)


def _entry(
  kind: family.Family, tensor: contents.Tensor, dtype: np.dtype | None
) -> _Entry:
  shape = kind.shape(tensor.name, tensor.shape)
  return _Entry(tensor, shape, dtype or tensor.dtype)


def _arrays(kind: family.Family, entries: _Entries) -> Iterator[np.ndarray]:
  for entry in entries.values():
    yield kind.to_theirs(entry.tensor.name, entry.tensor.read(entry.dtype))


def _shards(entries: _Entries, limit: int) -> dict[str, _Entries]:
  """Returns the tensors of each file; one above the limit lies alone."""
  parts: list[_Entries] = [{}]
  size = 0
  for name, entry in entries.items():
    more = tensor_files.nbytes(entry.shape, entry.dtype)
    if parts[-1] and size + more > limit:
      parts.append({})
      size = 0
    parts[-1][name] = entry
    size += more
  if len(parts) == 1:
    return {hugging_face.WEIGHTS: parts[0]}
  return {
    f'model-{i:05}-of-{len(parts):05}.safetensors': part
    for i, part in enumerate(parts, start=1)
  }


def _write_index(folder: pathlib.Path, shards: Mapping[str, _Entries]) -> None:
  """Says which tensor lies in which file."""
  entries = [entry for part in shards.values() for entry in part.values()]
  total = sum(tensor_files.nbytes(one.shape, one.dtype) for one in entries)
  places = {name: file for file, part in shards.items() for name in part}
  index = {
    'metadata': {'total_size': total},
    'weight_map': dict(sorted(places.items())),
  }
  path = folder / hugging_face.INDEX
  path.write_text(json.dumps(index, indent=2) + '\n')
