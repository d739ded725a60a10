"""Starts the process that tokenises, and says plainly why it failed."""

import importlib.util
import os
import pathlib
import subprocess
import sys

from distill_jax.data import lifeline
from distill_jax.data import plan as plan_lib

# Silent where all is well; no accelerator is taken from the run that waits.
_ENVIRONMENT = {
  'TF_CPP_MIN_LOG_LEVEL': '3',
  'TF_ENABLE_ONEDNN_OPTS': '0',
  'CUDA_VISIBLE_DEVICES': '-1',
  'JAX_PLATFORMS': 'cpu',
}


def require(folder: pathlib.Path) -> None:
  """Raises a ValueError where the cache `folder` cannot be built here."""
  for package in ('seqio', 'tensorflow'):
    if importlib.util.find_spec(package) is None:
      raise ValueError(
        f'The token cache {folder} is absent and {package} is not installed'
        f' to build it: pip install {package}, or run `python -m'
        ' distill_jax.cache` with the same settings on another machine and'
        ' copy the folder from there.'
      )


def run(plan: plan_lib.Plan, folder: pathlib.Path) -> None:
  """Adds the arrays of ids to a prepared folder, in a child process.

  The child ends with this process, however that ends; see `lifeline`.

  Raises:
    ValueError: if the child failed.
  """
  plan.write(folder)
  with lifeline.held() as stdin:
    child = subprocess.run(
      [sys.executable, '-m', 'distill_jax.data.build', str(folder)],
      env=environment(),
      stdin=stdin,
      capture_output=True,
      text=True,
      check=False,
    )
  if child.returncode:
    said = child.stderr.strip().splitlines() or ['it said nothing']
    raise ValueError(
      'The process that tokenises ended with code'
      f' {child.returncode}: {said[-1]}'
    )
  (folder / plan_lib.PLAN).unlink()


def environment() -> dict[str, str]:
  """Returns the environment of a child that finds this very package."""
  path = os.pathsep.join(path for path in sys.path if path)
  return {**os.environ, **_ENVIRONMENT, 'PYTHONPATH': path}
