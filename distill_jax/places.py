"""Where checkpoints can lie: on this machine, or on gs://."""

import re

from etils import epath

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
