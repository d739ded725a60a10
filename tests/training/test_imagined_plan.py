"""Plans for devices that are not there."""

import json
import re

import jax
import pytest

from distill_jax import train
from distill_jax.training import partition
from tests import fake_devices

_HELD = r'([\d.]+) GiB on a device'
_SENT = r'sends ([\d.]+) GiB in a step: ([\d.]+) all-reduce'


@pytest.fixture(scope='module')
def report():
  """What `imagining.py` was told of eight devices on a machine of one."""
  said = fake_devices.printed('-m', 'tests.training.imagining', flag='')
  found = json.loads(said)
  assert found['devices'] == 8
  return found


@pytest.mark.slow
@pytest.mark.parametrize('layout', ['shared', 'fully sharded'])
def test_memory_within_a_tenth_of_the_compiled_program(layout, report):
  found = report[layout]
  assert found['predicted'] == pytest.approx(found['compiled'], rel=0.1)


@pytest.mark.slow
def test_memory_along_the_model_axis_is_told_as_a_bound(report):
  _, memory, compiled, *_ = report['tensor parallel']
  bound, held = (float(re.search(_HELD, one)[1]) for one in (memory, compiled))
  assert memory.startswith('memory 1   student: at most ')
  assert bound >= held


@pytest.mark.slow
def test_a_device_holds_an_eighth_where_all_is_cut(report):
  whole, part = (report[name] for name in ('shared', 'fully sharded'))
  # What the axes do not divide, such as the buckets of positions, stays whole.
  assert 1 / 8 <= part['parameters'] / whole['parameters'] < 1.01 / 8


@pytest.mark.slow
def test_all_gradients_are_sent(report):
  devices, _, compiled, *_ = report['tensor parallel']
  assert devices == (
    'devices    8 that are not here: 2 along data x 4 along model'
  )
  total, summed = map(float, re.search(_SENT, compiled).groups())
  # Each quarter of the gradients at least once, between two devices.
  least = report['shared']['parameters'] / 4 / 2**30
  assert total >= summed >= round(least, 2)


@pytest.mark.parametrize(
  ('arguments', 'expected'),
  [
    (['--devices=8'], '--devices=8 is for a plan alone; add --dry_run'),
    (['--devices=0', '--dry_run'], '--devices=0: expected a number from 1'),
    (['--devices=-1', '--dry_run'], '--devices=-1: expected a number from 1'),
    (['--devices=9999', '--dry_run'], 'to 4096'),
    (['--devices=many', '--dry_run'], "--devices: invalid int value: 'many'"),
  ],
)
def test_refuses(monkeypatch, capsys, arguments, expected):
  monkeypatch.setattr('sys.argv', ['t', '--gin_file=dss_tiny.gin', *arguments])
  with pytest.raises(SystemExit) as left:
    train.main()
  assert left.value.code == 2
  (line,) = capsys.readouterr().err.splitlines()
  assert expected in line


def test_a_device_that_would_be_left_out_is_told(monkeypatch):
  monkeypatch.setattr(jax, 'devices', lambda: [None] * 63)
  with pytest.raises(ValueError, match=r'model=2 does not divide the 63 dev'):
    partition.Mesh(model=2).build()
