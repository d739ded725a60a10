"""Several processes on one machine make the run that one process makes."""

import json

import pytest

from tests.training import company, small

_TOLERANCE = 1e-5  # relative


@pytest.fixture(scope='module')
def alone(data, tmp_path_factory):
  """The folder of a run by one process, and its arguments but MODEL_DIR."""
  folder = tmp_path_factory.mktemp('alone')
  company.trained(1, small.arguments(folder / 'run', data), folder)
  return folder / 'run'


def _assert_close(here, there):
  """Fails unless two runs have logged, answered and learnt the same."""
  mine, theirs = small.losses(here), small.losses(there)
  assert [row.keys() for row in mine] == [row.keys() for row in theirs]
  for row, other in zip(mine, theirs, strict=True):
    for name, value in row.items():
      assert value == pytest.approx(other[name], rel=_TOLERANCE, abs=1e-7), (
        row['step'],
        name,
      )
  for name in ('eval/records.json', 'predictions/records.jsonl'):
    assert (here / name).exists()
  mine, theirs = (
    json.loads((folder / 'eval' / 'records.json').read_text())
    for folder in (here, there)
  )
  assert mine['accuracy'] == theirs['accuracy']


@pytest.mark.slow
@pytest.mark.parametrize('count', [2, 4])
def test_losses_do_not_depend_on_the_number_of_processes(
  alone, data, tmp_path, count
):
  company.trained(count, small.arguments(tmp_path / 'run', data), tmp_path)
  _assert_close(tmp_path / 'run', alone)
