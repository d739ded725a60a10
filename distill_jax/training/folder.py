"""The folder of a run, which belongs to one configuration and its data."""

import contextlib
import difflib
import errno
import fcntl
import os
import re
from collections.abc import Iterator
from typing import IO

from etils import epath

from distill_jax import places, processes
from distill_jax.training import checkpoints

_CONFIG = 'config.gin'
_DATA = 'data.txt'
_LOCK = '.lock'
_TAKEN = (errno.EACCES, errno.EAGAIN)

# Where files lie, how often something is said and which devices do the work:
# no part of what a run is.
# What the data and the vocabulary hold is compared, wherever they lie.
_NO_PART = re.compile(
  r'((MODEL|DATA|CACHE|INDEX)_DIR|VOCABULARY|CORPUS|LOG_EVERY|'
  r'\S*(Vocabulary|WordPieces|BytePairs|Corpus)\.path|\S*BM25\.index_dir|'
  r'\S*Run\.(model_dir|log_every|max_skipped)|\S*Source\.(data|cache)_dir|'
  r'\S*Mesh\.\w+) = '
)


@contextlib.contextmanager
def owned(model_dir: str, config: str, data: str) -> Iterator[epath.Path]:
  """Gives the run's folder, claimed and locked; see `claim` and `locked`.

  Of several processes the first one does so for all.
  """

  def take() -> None:
    stack.enter_context(locked(model_dir))
    claim(model_dir, config, data)

  with contextlib.ExitStack() as stack:
    processes.led(take)
    yield epath.Path(model_dir).expanduser()


def claim(model_dir: str, config: str, data: str) -> epath.Path:
  """Returns the run's folder after writing into it what it belongs to.

  A folder without any checkpoint belongs to nobody yet.

  Args:
    model_dir: local or `gs://`.
    config: what runs, as text that two equal runs share.
    data: what it learns from, as text that equal data share.

  Raises:
    ValueError: if the folder belongs to a run with another configuration, or
      with other data.
  """
  folder = epath.Path(model_dir).expanduser()
  texts = {_CONFIG: config, _DATA: data}
  if has_checkpoint(model_dir) or checkpoints.holds_any(folder / 'best'):
    _check_same(folder, 'another configuration', _CONFIG, config)
    _check_same(folder, 'other data', _DATA, data)
  folder.mkdir(parents=True, exist_ok=True)
  for name, text in texts.items():
    with places.replacing(folder / name) as file:
      file.write(text)
  return folder


def has_checkpoint(model_dir: str) -> bool:
  """Returns whether there is something to go on from; makes nothing."""
  folder = epath.Path(model_dir).expanduser()
  return checkpoints.holds_any(folder / 'checkpoints')


@contextlib.contextmanager
def locked(model_dir: str) -> Iterator[None]:
  """Keeps other processes out of a run's folder.

  The system drops the lock when the process ends, however it ends. Object
  stores and file systems without locks go without.

  Args:
    model_dir: local or `gs://`; a local one is made if it is absent.

  Raises:
    ValueError: if another process has locked it.
  """
  if '://' in model_dir:
    yield
    return
  folder = epath.Path(model_dir).expanduser()
  folder.mkdir(parents=True, exist_ok=True)
  with open(folder / _LOCK, 'a+') as file:
    _lock(folder, file)
    yield


def _lock(folder: epath.Path, file: IO[str]) -> None:
  try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
  except OSError as error:
    if error.errno not in _TAKEN:
      return
    file.seek(0)
    raise ValueError(
      f'{folder} is in use by the process {file.read()}; wait for its end, '
      'stop it, or give another folder.'
    ) from None
  with places.named(folder / _LOCK):
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()


def _check_same(folder: epath.Path, what: str, name: str, here: str) -> None:
  path = folder / name
  there = _kept(path.read_text()) if path.exists() else _kept(here)
  changes = [
    line
    for line in difflib.unified_diff(there, _kept(here), n=0, lineterm='')
    if line[:1] in '+-' and line[:3] not in ('+++', '---') and line[1:].strip()
  ]
  if not changes:
    return
  shown = '; '.join(changes[:4]) + ('; ...' if len(changes) > 4 else '')
  raise ValueError(
    f'{folder} holds a run with {what} ({shown}); give another MODEL_DIR, or '
    'the same settings and data to go on with that run.'
  )


def _kept(text: str) -> list[str]:
  return [line for line in text.splitlines() if not _NO_PART.match(line)]
