"""A run that is killed at random moments ends like one that was not.

python -m pytest -m slow tests/training/test_kill.py
"""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.training import small

_KILLS = 6


def _start(folder, data):
  return subprocess.Popen(
    [
      sys.executable,
      '-m',
      'distill_jax.train',
      *small.arguments(folder, data),
    ],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.PIPE,
    text=True,
  )


def _wait_for(process, path):
  """Returns once `path` exists, or the process has ended."""
  while process.poll() is None and not path.exists():
    time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize('seed', [0, 1])
def test_killed_at_random_moments(seed, undisturbed, data, tmp_path):
  rng, folder, killed = random.Random(seed), tmp_path / 'run', 0
  while killed < _KILLS:
    process = _start(folder, data)
    # Between the claim of the folder and a few seconds later: while compiling,
    # stepping, validating, writing a checkpoint or the best student.
    _wait_for(process, folder / '.lock')
    try:
      # The first kill comes before any machine could be done, later ones later.
      process.wait(timeout=rng.uniform(0.2, 2.0 + 2.0 * killed))
    except subprocess.TimeoutExpired:
      process.kill()
      killed += 1
    said = process.communicate()[1]
    assert process.returncode in (0, -signal.SIGKILL), said
    if process.returncode == 0:
      break
  process = _start(folder, data)
  said = process.communicate()[1]
  assert process.returncode == 0, said
  assert killed
  small.assert_same_run(folder, undisturbed)


@pytest.mark.slow
def test_killed_while_a_checkpoint_is_written(undisturbed, data, tmp_path):
  folder, checkpoints = tmp_path / 'run', tmp_path / 'run' / 'checkpoints'
  for _ in range(3):
    process = _start(folder, data)
    while process.poll() is None:
      if any('tmp' in name for name in _names(checkpoints)):
        process.kill()
        break
    process.communicate()
  process = _start(folder, data)
  said = process.communicate()[1]
  assert process.returncode == 0, said
  small.assert_same_run(folder, undisturbed)
  assert all(name.isdigit() for name in _names(checkpoints))


def _names(folder):
  return os.listdir(folder) if folder.exists() else []


@pytest.mark.slow
def test_sigterm_saves_first(undisturbed, data, tmp_path):
  folder = tmp_path / 'run'
  process = _start(folder, data)
  _wait_for(process, folder / 'checkpoints' / '7')
  process.send_signal(signal.SIGTERM)
  said = process.communicate()[1]
  assert process.returncode == 128 + signal.SIGTERM, said
  assert 'SIGTERM: saved at step' in said
  step = int(said.split('saved at step ')[1].split(';')[0])
  assert str(step) in _names(folder / 'checkpoints')
  process = _start(folder, data)
  assert f'Going on from step {step}' in process.communicate()[1]
  small.assert_same_run(folder, undisturbed)
