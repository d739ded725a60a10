"""Finds the public data files that lie outside the project."""

import os
import pathlib

import pytest

_CHECKOUT = pathlib.Path(__file__).resolve().parent.parent


def root() -> pathlib.Path:
  """Folder of the shared data; `DISTILL_JAX_SHARED` may name another one."""
  default = _CHECKOUT.parent / 'shared' / 'data'
  return pathlib.Path(os.environ.get('DISTILL_JAX_SHARED', default))


def path(*parts: str) -> pathlib.Path:
  """A file or folder of the shared data; skips the test where it is absent.

  Example: `shared.path('svamp', 'svamp_train.json')`.
  """
  found = root().joinpath(*parts)
  if not found.exists():
    pytest.skip(f'needs the shared data file {found}', allow_module_level=True)
  return found
