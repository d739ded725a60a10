"""A folder that appears whole or not at all."""

import contextlib
import pathlib
import shutil
import uuid
from collections.abc import Iterator


def require_free(folder: pathlib.Path) -> None:
  """Raises a ValueError where something is already there."""
  if folder.exists():
    raise ValueError(
      f'{folder} exists already; nothing is overwritten, give another output.'
    )


@contextlib.contextmanager
def folder(target: pathlib.Path) -> Iterator[pathlib.Path]:
  """Gives a hidden folder beside `target` that takes its place at the end.

  If anything goes wrong it is removed and `target` does not come to be.

  Raises:
    ValueError: if `target` exists.
  """
  require_free(target)
  target.parent.mkdir(parents=True, exist_ok=True)
  aside = target.with_name(f'.{target.name}.{uuid.uuid4().hex[:8]}')
  aside.mkdir()
  try:
    yield aside
    require_free(target)
    aside.rename(target)
  finally:
    shutil.rmtree(aside, ignore_errors=True)
