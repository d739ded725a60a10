"""Where files lie: on this machine, on gs://, or aside until they are whole."""

import contextlib
import os
import pathlib
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from typing import IO, Any

from etils import epath

_ABANDONED = 24 * 3600  # seconds after which a hidden folder is a leftover
_LOCAL_OR_GS = re.compile(r'gs://|(?!\w+://)')


def place(path: str) -> epath.Path:
  """Returns a path as one that can be read; nothing is loaded for it.

  Raises:
    ValueError: for another object store than gs://.
  """
  if not _LOCAL_OR_GS.match(path):
    raise ValueError(
      f'{path} is neither local nor on gs://, expected one of these; copy it '
      'there, and leave out file://.'
    )
  return epath.Path(path).expanduser()


@contextlib.contextmanager
def aside(folder: pathlib.Path) -> Iterator[pathlib.Path]:
  """Gives a hidden folder beside the future one; it does not outlive this.

  What a killed process left there more than a day ago is removed.

  Args:
    folder: local; the folders above it are made.
  """
  folder.parent.mkdir(parents=True, exist_ok=True)
  for leftover in folder.parent.glob(f'.{folder.name}.*'):
    if leftover.stat().st_mtime < time.time() - _ABANDONED:
      shutil.rmtree(leftover, ignore_errors=True)
  hidden = folder.with_name(f'.{folder.name}.{uuid.uuid4().hex[:8]}')
  hidden.mkdir()
  try:
    yield hidden
  finally:
    shutil.rmtree(hidden, ignore_errors=True)


@contextlib.contextmanager
def replacing(path: epath.Path, mode: str = 'w') -> Iterator[IO[Any]]:
  """Gives a file that takes the place of `path` when it is whole.

  Args:
    path: of the file; the folder is there.
    mode: 'w' for text, 'wb' for bytes.

  Raises:
    OSError: of that path, if it cannot be written.
  """
  part = path.parent / f'{path.name}.part'
  encoding = None if 'b' in mode else 'utf-8'
  try:
    with named(path), part.open(mode, encoding=encoding) as file:
      yield file
    part.replace(path)
  except BaseException:
    part.unlink(missing_ok=True)
    raise


@contextlib.contextmanager
def named(path: os.PathLike[str]) -> Iterator[None]:
  """Lets an error of the system within say which file it is about.

  What is found when a file is flushed or closed, a full disk above all, names
  none.
  """
  try:
    yield
  except OSError as error:
    if error.errno is not None and error.filename is None:
      error.filename = os.fspath(path)
    raise
