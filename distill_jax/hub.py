"""Models by their name on the Hugging Face hub, kept in its cache."""

import functools
import logging
import os
import pathlib
import re
from collections.abc import Sequence

_log = logging.getLogger(__name__)

# owner/name, and what is asked for behind an @: a branch, a tag or a commit.
_NAME = re.compile(r'[\w-][\w.-]*/[\w-][\w.-]*(@[\w./-]+)?')


def is_name(text: str) -> bool:
  """Returns whether a text names a model on the hub: 'google/flan-t5-base'.

  What is there in the working folder is a path.
  """
  return bool(_NAME.fullmatch(text)) and not os.path.exists(text)


def local(path: str, patterns: Sequence[str]) -> pathlib.Path:
  """Returns a folder or file on this machine; names are fetched first.

  Args:
    path: a path, or `owner/name` or `owner/name@revision` on the hub.
    patterns: of the files that are needed of a name.

  Raises:
    ValueError: if the hub has no such model or cannot be reached.
  """
  if not is_name(path):
    return pathlib.Path(path).expanduser()
  return _fetched(path, tuple(patterns))


@functools.lru_cache(maxsize=32)
def _fetched(path: str, patterns: tuple[str, ...]) -> pathlib.Path:
  import huggingface_hub
  from huggingface_hub import errors

  name, _, revision = path.partition('@')
  try:
    return pathlib.Path(
      huggingface_hub.snapshot_download(
        name, revision=revision or None, allow_patterns=list(patterns)
      )
    )
  except (errors.HFValidationError, OSError, RuntimeError) as error:
    _log.debug('The hub gave nothing', exc_info=error)
    raise ValueError(
      f'{path} is no folder here, and the hub gave nothing under that name '
      f'({type(error).__name__}); without a network give a folder that was '
      'downloaded elsewhere, as in /path/to/flan-t5-base.'
    ) from error
