"""Where a module of somebody else's went wrong while it was imported."""

import pathlib
import sysconfig
import traceback

import distill_jax

_LIBRARIES = (
  pathlib.Path(distill_jax.__file__).parent,
  *(pathlib.Path(sysconfig.get_path(name)) for name in ('stdlib', 'purelib')),
)


def describe(error: Exception) -> str:
  """Returns file, line, type and message of an error.

  "/home/ann/mine.py:3: NameError: name 'dataset' is not defined". The line is
  the last one outside of libraries, or the last of all where none is.
  """
  what = f'{type(error).__name__}: {error}'
  if isinstance(error, SyntaxError):
    return f'{error.filename}:{error.lineno}: SyntaxError: {error.msg}'
  frames = [
    frame
    for frame in traceback.extract_tb(error.__traceback__)
    if pathlib.Path(frame.filename).is_absolute()  # not '<frozen importlib>'
  ]
  theirs = [frame for frame in frames if not _in_library(frame.filename)]
  if not frames:
    return what
  last = (theirs or frames)[-1]
  return f'{last.filename}:{last.lineno}: {what}'


def _in_library(file: str) -> bool:
  return any(pathlib.Path(file).is_relative_to(path) for path in _LIBRARIES)
