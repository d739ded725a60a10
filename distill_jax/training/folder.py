"""The folder of a run, which belongs to one configuration for ever."""

import contextlib
import difflib
import errno
import fcntl
import os
from collections.abc import Iterator
from typing import IO

from etils import epath

_CONFIG = 'config.gin'
_LOCK = '.lock'
_TAKEN = (errno.EACCES, errno.EAGAIN)


def claim(model_dir: str, config: str) -> epath.Path:
  """Returns the run's folder after writing its configuration into it.

  Args:
    model_dir: local or `gs://`.
    config: what runs, as text that two equal runs share.

  Raises:
    ValueError: if the folder belongs to a run with another configuration.
  """
  folder = epath.Path(model_dir).expanduser()
  path = folder / _CONFIG
  if path.exists():
    _check_same(folder, path.read_text(), config)
    return folder
  folder.mkdir(parents=True, exist_ok=True)
  aside = folder / (_CONFIG + '.part')
  aside.write_text(config)
  aside.replace(path)
  return folder


@contextlib.contextmanager
def locked(model_dir: str) -> Iterator[None]:
  """Keeps other processes out of a run's folder.

  The system drops the lock when the process ends, however it ends. Object
  stores and file systems without locks go without.

  Args:
    model_dir: local or `gs://`; a local one is made if it is absent.

  Raises:
    ValueError: if another process is training there.
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
      f'{folder} is being trained by the process {file.read()}; wait for its '
      'end, stop it, or give another MODEL_DIR.'
    ) from None
  file.truncate(0)
  file.write(str(os.getpid()))
  file.flush()


def _check_same(folder: epath.Path, there: str, here: str) -> None:
  if there == here:
    return
  changes = [
    line
    for line in difflib.unified_diff(
      there.splitlines(), here.splitlines(), n=0, lineterm=''
    )
    if line[:1] in '+-' and line[:3] not in ('+++', '---') and line[1:].strip()
  ]
  shown = '; '.join(changes[:4]) + ('; ...' if len(changes) > 4 else '')
  raise ValueError(
    f'{folder} holds a run with another configuration ({shown}); give another '
    'MODEL_DIR, or the same settings to go on with that run.'
  )
