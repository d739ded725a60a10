"""Predictions on disk: a JSON object per line.

Of several processes the first one writes.
"""

import errno
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from etils import epath

from distill_jax import places, processes


def write(path: epath.Path, rows: Iterable[Mapping[str, Any]]) -> None:
  """Writes JSON lines aside and renames them, so the file appears whole.

  The file aside is there before the first row is asked for: a path that cannot
  be written to is refused before the work that the rows may take.

  Args:
    path: of the file.
    rows: taken one by one; an error on the way leaves what was there before.

  Raises:
    OSError: the path cannot be written to.
  """
  _write(path, (json.dumps(row, ensure_ascii=False) + '\n' for row in rows))


def write_text(path: epath.Path, text: str) -> None:
  """Writes a text aside and renames it, so the file appears whole."""
  _write(path, [text])


def _write(path: epath.Path, texts: Iterable[str]) -> None:
  if not processes.leads():
    return
  if path.is_dir():
    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
  path.parent.mkdir(parents=True, exist_ok=True)
  with places.replacing(path) as file:
    file.writelines(texts)
