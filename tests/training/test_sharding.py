"""Eight devices compute what one computes."""

import json

import pytest

from tests import fake_devices

_MESHES = ('(8, 1)', '(4, 2)', '(2, 4)', '(1, 8)')
_SHARED = ('(8, 1), fully sharded', '(4, 2), fully sharded')
_LAYOUTS = _MESHES + _SHARED


@pytest.fixture(scope='module')
def report(tmp_path_factory):
  """What `sharded.py` measured on eight fake devices."""
  folder = tmp_path_factory.mktemp('sharded')
  said = fake_devices.printed('-m', 'tests.training.sharded', str(folder))
  found = json.loads(said)
  assert found['devices'] == 8
  return found


@pytest.mark.slow
@pytest.mark.parametrize('method', ['dss', 'qcrd'])
@pytest.mark.parametrize('mesh', _LAYOUTS)
def test_losses_and_parameters_after_20_steps(method, mesh, report):
  found = report[f'{method} {mesh}']
  assert found['finite']
  assert found['moved']
  assert found['compilations'] == 1
  assert found['losses'] <= 1e-5
  assert found['parameters'] <= 1e-5


@pytest.mark.slow
def test_each_restores_what_each_other_has_saved(report):
  assert report['restored'] == len(_LAYOUTS) * (len(_LAYOUTS) - 1)


@pytest.mark.slow
@pytest.mark.parametrize('mesh', _SHARED)
def test_a_device_holds_its_share_alone(mesh, report):
  # What the axes do not divide, such as the buckets of positions, stays whole.
  assert report[f'dss {mesh}']['held'] < 1.1 / 8


@pytest.mark.slow
@pytest.mark.parametrize('mesh', _LAYOUTS)
def test_samples_of_equal_parameters(mesh, report):
  assert report[f'samples {mesh}'] >= 0.99
