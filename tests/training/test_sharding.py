"""Eight devices compute what one computes."""

import json
import os
import subprocess
import sys

import pytest

_MESHES = ('(8, 1)', '(4, 2)', '(2, 4)')


@pytest.fixture(scope='module')
def report():
  """What `sharded.py` measured on eight fake devices."""
  flag = '--xla_force_host_platform_device_count=8'
  ended = subprocess.run(
    [sys.executable, '-m', 'tests.training.sharded'],
    env={**os.environ, 'XLA_FLAGS': flag, 'JAX_PLATFORMS': 'cpu'},
    capture_output=True,
    text=True,
    check=False,
  )
  assert ended.returncode == 0, ended.stderr
  found = json.loads(ended.stdout)
  assert found['devices'] == 8
  return found


@pytest.mark.slow
@pytest.mark.parametrize('method', ['dss', 'qcrd'])
@pytest.mark.parametrize('mesh', _MESHES)
def test_losses_and_parameters_after_20_steps(method, mesh, report):
  found = report[f'{method} {mesh}']
  assert found['finite']
  assert found['moved']
  assert found['compilations'] == 1
  assert found['losses'] <= 1e-5
  assert found['parameters'] <= 1e-5


@pytest.mark.slow
@pytest.mark.parametrize('mesh', _MESHES)
def test_samples_of_equal_parameters(mesh, report):
  assert report[f'samples {mesh}'] >= 0.99
