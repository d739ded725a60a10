"""Silence for libraries that print pages where one sentence will do."""

import contextlib
import logging
import pathlib
import sys
import warnings
from collections.abc import Iterator

_LOUD = (None, 'absl', 'asyncio')


@contextlib.contextmanager
def quiet() -> Iterator[None]:
  """Drops what orbax and its event loop log and print meanwhile.

  Errors pass as they are; of what they leave behind in coroutines, nobody
  hears.
  """
  loggers = [logging.getLogger(name) for name in _LOUD]
  before = [logger.disabled for logger in loggers]
  hook = sys.unraisablehook
  try:
    sys.unraisablehook = lambda _: None
    for logger in loggers:
      logger.disabled = True
    with warnings.catch_warnings():
      warnings.simplefilter('ignore')
      yield
  finally:
    sys.unraisablehook = hook
    for logger, disabled in zip(loggers, before, strict=True):
      logger.disabled = disabled


def mute_orbax() -> None:
  """Drops what orbax logs, for good.

  Its threads log pages on what they raise as well, at any time until the
  process ends: also after our one sentence.
  """
  logging.getLogger('absl').addFilter(_is_of_others)


def _is_of_others(record: logging.LogRecord) -> bool:
  return 'orbax' not in pathlib.PurePath(record.pathname).parts


def ignore_stragglers() -> None:
  """Drops what reads that were given up say when they end after all.

  They end in threads of their own, at any time until the process ends, and
  only orbax has an event loop here.
  """
  logging.getLogger('asyncio').disabled = True
  sys.unraisablehook = lambda _: None
  warnings.filterwarnings('ignore', 'coroutine .* was never awaited')
