"""Where the file of a T5X checkpoint is, and whether it is one."""

import re

from etils import epath

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
  file = _candidate(epath.Path(path).expanduser())
  if file is None:
    raise ValueError(
      f'{path} is no T5X checkpoint: expected a msgpack file, a folder '
      f'checkpoint_N with a file {FILE!r} in it, or a folder of these.'
    )
  if t5x_msgpack.first_key(file) in _KEYS:
    return file
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
  """Returns whether a T5X checkpoint is there; reads a few bytes."""
  file = _candidate(epath.Path(path).expanduser())
  return file is not None and t5x_msgpack.first_key(file) in _KEYS


def home(file: epath.Path) -> epath.Path:
  """Returns the folder, or the single file, that is the checkpoint."""
  return file.parent if file.name == FILE else file


def _candidate(path: epath.Path) -> epath.Path | None:
  if not path.is_dir():
    return path if path.exists() else None
  steps = {
    int(match[1]): child
    for child in path.iterdir()
    if (match := _STEP.fullmatch(child.name))
  }
  if steps:
    newest = steps[max(steps)]
    path = newest / FILE if newest.is_dir() else newest
  else:
    path = path / FILE
  return path if path.exists() and not path.is_dir() else None
