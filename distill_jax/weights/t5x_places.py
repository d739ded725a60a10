"""Where the file of a T5X checkpoint is, and whether it is one."""

import re
from collections.abc import Iterator

from etils import epath

from distill_jax import places
from distill_jax.weights import t5x_msgpack

FILE = 'checkpoint'
_STEP = re.compile(r'checkpoint_(\d+)')
_KEYS = ('version', 'optimizer')  # of the file's map, in any order
_TENSORFLOW = b'model_checkpoint_path'  # how TensorFlow's `checkpoint` begins


def find(path: str) -> epath.Path:
  """Returns the msgpack file of a checkpoint.

  Args:
    path: that file, the folder `checkpoint_N` that holds it, or a folder of
      several: then the one of the most steps.

  Raises:
    ValueError: if there is none.
  """
  files = _files(places.place(path))
  file = next(files, None)
  if file is None:
    raise ValueError(
      f'{path} is no T5X checkpoint: expected a msgpack file, a folder '
      f'checkpoint_N with a file {FILE!r} in it, or a folder of these.'
    )
  if _is_whole(file):
    return file
  if not _is_file(file):
    whole = next((home(one) for one in files if _is_whole(one)), None)
    raise ValueError(
      f'{home(file)} is incomplete, its file {FILE!r} is missing, or Orbax '
      'wrote it, which is not read; copy the whole checkpoint again'
      + (f', or remove it or give {whole}.' if whole else '.')
    )
  with file.open('rb') as opened:
    head = opened.read(len(_TENSORFLOW))
  if head == _TENSORFLOW:
    raise ValueError(
      f'{file} belongs to a TensorFlow checkpoint of the first T5, expected '
      'one of T5X; give the same model in the form of T5X or Hugging Face.'
    )
  raise ValueError(
    f'{file} is no T5X checkpoint: expected a msgpack map that begins with '
    f"'version' or 'optimizer', got {head[:12]!r}."
  )


def is_checkpoint(path: str) -> bool:
  """Returns whether a T5X checkpoint is there, whole or not; reads few bytes.

  Raises:
    ValueError: for another object store than gs://.
  """
  files = _files(places.place(path))
  return any(_is_whole(file) or _is_part(file) for file in files)


def home(file: epath.Path) -> epath.Path:
  """Returns the folder, or the single file, that is the checkpoint."""
  return file.parent if file.name == FILE else file


def _files(path: epath.Path) -> Iterator[epath.Path]:
  """Gives the files of a path's checkpoints, that of the most steps first.

  The file of a folder checkpoint_N may be missing.
  """
  if not path.is_dir():
    if path.exists():
      yield path
    return
  steps = {
    int(match[1]): child
    for child in path.iterdir()
    if (match := _STEP.fullmatch(child.name))
  }
  for step in sorted(steps, reverse=True):
    yield steps[step] / FILE if steps[step].is_dir() else steps[step]
  file = path / FILE
  if not steps and (_is_file(file) or _STEP.fullmatch(path.name)):
    yield file


def _is_whole(file: epath.Path) -> bool:
  """Returns whether a file is there and begins as T5X's does."""
  return _is_file(file) and t5x_msgpack.first_key(file) in _KEYS


def _is_part(file: epath.Path) -> bool:
  """Returns whether arrays lie where a file is missing."""
  return not _is_file(file) and any(file.parent.glob('target.*'))


def _is_file(path: epath.Path) -> bool:
  return path.exists() and not path.is_dir()
