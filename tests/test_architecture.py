"""What a module may import, seen in a process of its own."""

import subprocess
import sys

import pytest

from distill_jax.data import registry

HEAVY = (
  'apache_beam',
  'jax',
  'flax',
  'tensorflow',
  'seqio',
  'torch',
  'transformers',
)


def _imported(code: str) -> set[str]:
  """Packages that a fresh Python holds after running some code."""
  code += '\nimport sys; print("\\n".join(sys.modules))'
  done = subprocess.run(
    [sys.executable, '-c', code], capture_output=True, text=True, check=True
  )
  return {name.partition('.')[0] for name in done.stdout.split()}


def test_floors_are_kept():
  done = subprocess.run(
    [
      sys.executable,
      '-c',
      'from importlinter import cli; cli.lint_imports_command()',
    ],
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stdout


def test_training_imports_no_tensorflow():
  found = _imported(
    'import distill_jax.training.loop, distill_jax.training.run'
  )
  assert 'jax' in found
  assert not found & {'tensorflow', 'seqio', 'torch', 'transformers'}


@pytest.mark.parametrize(
  'entry',
  [
    'cache',
    'collect',
    'compare',
    'convert',
    'evaluate',
    'filter',
    'generate',
    'ingest',
    'judge',
    'retrieve',
    'train',
  ],
)
def test_help_waits_for_nothing_heavy(entry):
  code = f"""
import contextlib, io, sys
from distill_jax import {entry}
sys.argv = ['{entry}', '--help']
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
  {entry}.main()
"""
  assert not _imported(code) & set(HEAVY)


@pytest.mark.parametrize('task', registry.names())
def test_tasks_are_plain_python(task):
  found = _imported(f'import distill_jax.tasks.{task}')
  assert not found & set(HEAVY)
