"""A folder that appears whole or not at all."""

import contextlib
import errno
import os
import pathlib
import re
import shutil
import time
import uuid
from collections.abc import Iterator

# Reasons that lie in the writing even where the error names no file.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
_CODE = re.compile(r"os_error_code='(\d+)'")  # of tensorstore's messages
# Threads of orbax write on after an error, and make anew what was removed.
_PATIENCE, _QUIET, _PAUSE = 3.0, 0.5, 0.05  # s


def require_free(folder: pathlib.Path) -> None:
  """Raises a ValueError where something is already there."""
  if folder.exists():
    raise ValueError(
      f'{folder} exists already; nothing is overwritten, give another output.'
    )


@contextlib.contextmanager
def folder(target: pathlib.Path) -> Iterator[pathlib.Path]:
  """Gives a hidden folder beside `target` that takes its place at the end.

  If anything goes wrong it is removed, with the folders above it that were
  made for it, and `target` does not come to be.

  Raises:
    ValueError: if `target` exists, or cannot be written.
  """
  aside = target.with_name(f'.{target.name}.{uuid.uuid4().hex[:8]}')
  made: list[pathlib.Path] = []
  try:
    require_free(target)
    _make(target.parent, made)
    aside.mkdir()
    yield aside
    require_free(target)
    aside.rename(target)
  except BaseException as error:
    _remove(aside, made)
    if isinstance(error, Exception) and _of_writing(error, target, aside):
      raise ValueError(
        f'{target} cannot be written ({_reason(error, target, aside)}); '
        'nothing is left of it: mend that, or give another output.'
      ) from error
    raise


def _make(parent: pathlib.Path, made: list[pathlib.Path]) -> None:
  """Makes a folder and those above it; `made` gets each that was missing."""
  if parent.exists():
    return
  _make(parent.parent, made)
  parent.mkdir(exist_ok=True)
  made.append(parent)


def _remove(folder: pathlib.Path, made: list[pathlib.Path]) -> None:
  """Removes a folder and those above it until they stay away."""
  now = time.monotonic()
  end, quiet = now + _PATIENCE, now + (_QUIET if folder.exists() else 0)
  while True:
    if folder.exists():
      shutil.rmtree(folder, ignore_errors=True)
      quiet = time.monotonic() + _QUIET
    for parent in reversed(made):
      with contextlib.suppress(OSError):  # gone, or others write there by now
        parent.rmdir()
    if time.monotonic() >= min(quiet, end):
      return
    time.sleep(_PAUSE)


def _of_writing(
  error: Exception, target: pathlib.Path, aside: pathlib.Path
) -> bool:
  """Whether an error is of the writing, not of what was to be written."""
  if aside.name in str(error):
    return True
  if not isinstance(error, OSError):
    return False
  if error.filename is None:
    return error.errno in _FULL
  path = pathlib.Path(error.filename)
  return path == target or path in target.parents


def _reason(
  error: BaseException, target: pathlib.Path, aside: pathlib.Path
) -> str:
  """What went wrong at first, in one line and without the hidden folder."""
  while error.__cause__ is not None:
    error = error.__cause__
  if isinstance(error, OSError) and error.strerror:
    return error.strerror
  code = _CODE.search(str(error))
  if code:
    return os.strerror(int(code[1]))
  return str(error).split('\n')[0].replace(aside.name, target.name)
