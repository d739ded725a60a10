"""Several processes on one machine make the run that one process makes."""

import json
import os
import random
import shutil
import signal

import pytest

from tests.training import company, small

_TOLERANCE = 1e-5  # relative


@pytest.fixture(scope='module')
def alone(data, tmp_path_factory):
  """The folder of a run by one process, and its arguments but MODEL_DIR."""
  folder = tmp_path_factory.mktemp('alone')
  company.done(1, small.arguments(folder / 'run', data), folder)
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
  company.done(count, small.arguments(tmp_path / 'run', data), tmp_path)
  _assert_close(tmp_path / 'run', alone)


@pytest.mark.slow
def test_two_processes_answer_as_one_does(alone, tmp_path):
  folder = shutil.copytree(alone, tmp_path / 'run')
  mine, theirs = (
    [one / 'eval/records.json', one / 'predictions/records.jsonl']
    for one in (folder, alone)
  )
  for path in mine:
    path.unlink()
  printed = company.done(
    2, [f'--model_dir={folder}', '--rationales'], tmp_path, 'evaluate'
  )
  assert printed.count('accuracy') == 1  # one of them speaks
  for path, other in zip(mine, theirs, strict=True):
    rows, others = _objects(path), _objects(other)
    assert len(rows) == len(others)
    for row, expected in zip(rows, others, strict=True):
      assert row == {
        name: pytest.approx(value, rel=_TOLERANCE)
        if isinstance(value, float)
        else value
        for name, value in expected.items()
      }


def _objects(path):
  """Returns the objects of a JSON file, or those of each line."""
  text = path.read_text()
  lines = text.splitlines() if path.suffix == '.jsonl' else [text]
  return [json.loads(line) for line in lines]


def _stopped(count, arguments, folder, step):
  """Lets SIGTERM reach the last process; all must save and leave together."""
  strike = f'TERM:{step}:0'
  with company.started(count, arguments, folder, strike) as found:
    assert found.wait() == [128 + signal.SIGTERM] * count, found.printed()
    assert 'SIGTERM: saved at step' in found.printed()


@pytest.mark.slow
def test_goes_on_by_another_number_of_processes(alone, data, tmp_path):
  arguments = small.arguments(tmp_path / 'run', data)
  _stopped(2, arguments, tmp_path, 6)
  _stopped(1, arguments, tmp_path, 12)
  company.done(4, arguments, tmp_path)
  assert 'Going on from step 13' in (tmp_path / '0.log').read_text()
  _assert_close(tmp_path / 'run', alone)


@pytest.mark.slow
@pytest.mark.parametrize('kills', [10])
def test_a_lost_process_ends_the_others_and_nothing_is_lost(
  data, tmp_path, kills
):
  arguments = lambda name: small.arguments(tmp_path / name, data, STEPS=60)
  company.done(2, arguments('calm'), tmp_path)
  rng = random.Random(kills)
  for _ in range(kills):
    # At most the two steps since a checkpoint, and one under way, are lost.
    step = _newest(tmp_path / 'run') + rng.randrange(8)
    strike = f'KILL:{step}:{rng.uniform(0, 0.3):.2f}'
    with company.started(2, arguments('run'), tmp_path, strike) as found:
      assert found.end(1, 300) == -signal.SIGKILL, found.printed()
      assert found.end(0, 60) == os.EX_TEMPFAIL, found.printed()
      assert 'the same command on all machines goes on' in found.printed()
    assert _newest(tmp_path / 'run') >= step - 4
  company.done(2, arguments('run'), tmp_path)
  small.assert_same_run(tmp_path / 'run', tmp_path / 'calm')


@pytest.mark.slow
def test_a_process_that_is_lost_while_all_save_is_no_fault_of_the_disk(
  data, tmp_path
):
  arguments = small.arguments(tmp_path / 'run', data)
  with company.started(2, arguments, tmp_path, 'GATHER:9:0') as found:
    assert found.end(1, 300) == -signal.SIGKILL, found.printed()
    assert found.end(0, 60) == os.EX_TEMPFAIL, found.printed()
    assert 'the same command on all machines goes on' in found.printed()
    assert 'cannot be written' not in found.printed()
  assert _newest(tmp_path / 'run') == 9


@pytest.mark.slow
def test_two_processes_skip_the_update_that_one_skips(data, tmp_path):
  for count in (1, 2):
    folder = tmp_path / str(count)
    arguments = small.arguments(folder / 'run', data)
    with company.started(count, arguments, folder, 'SPOIL:9:0') as found:
      assert found.wait() == [0] * count, found.printed()
      said = 'The gradient of the student has no finite norm in step 10'
      assert found.printed().count(said) == 1
    (kept,) = (folder / 'run' / 'skipped').iterdir()
    assert kept.name == 'step_10.npz'
  _assert_close(tmp_path / '2' / 'run', tmp_path / '1' / 'run')


@pytest.mark.slow
def test_a_process_that_falls_silent_is_lost(data, tmp_path):
  """No connection breaks where a machine hangs or is cut off."""
  arguments = small.arguments(tmp_path / 'run', data)
  with company.started(2, arguments, tmp_path, 'STOP:9:0') as found:
    assert found.end(0, 180) == os.EX_TEMPFAIL, found.printed()
    assert 'the same command on all machines goes on' in found.printed()
  assert 4 <= _newest(tmp_path / 'run') <= 9


@pytest.mark.slow
def test_starts_again_by_itself_where_a_process_was_lost(alone, data, tmp_path):
  arguments = [*small.arguments(tmp_path / 'run', data), '--restarts=1']
  with company.started(2, arguments, tmp_path, 'LOSE:9:0') as found:
    assert found.wait() == [0, 0], found.printed()
    assert found.printed().count('Starting again; 0 times left') == 2
    assert 'Going on from step' in found.printed()
  _assert_close(tmp_path / 'run', alone)


def _spoil_an_array(checkpoint):
  files = [path for path in checkpoint.rglob('*') if path.is_file()]
  largest = max(files, key=lambda path: path.stat().st_size)
  largest.write_bytes(bytes(255 - one for one in largest.read_bytes()))


def _misspell_a_fact(checkpoint):
  """Makes a checkpoint that orbax does not open."""
  path = checkpoint / '_CHECKPOINT_METADATA'
  path.write_bytes(path.read_bytes().replace(b'commit_', b'cnmmit_'))


@pytest.mark.slow
@pytest.mark.parametrize('damage', [_spoil_an_array, _misspell_a_fact])
def test_two_processes_set_a_damaged_checkpoint_aside(
  damage, alone, data, tmp_path
):
  folder = shutil.copytree(alone, tmp_path / 'run')
  damage(folder / 'checkpoints' / str(small.STEPS))
  printed = company.done(2, small.arguments(folder, data), tmp_path)
  assert printed.count('It is set aside') == 1
  assert f'Going on from step {small.STEPS - 2}' in printed
  assert (folder / 'damaged' / f'checkpoints-{small.STEPS}').is_dir()
  _assert_close(folder, alone)


def _newest(folder):
  """Returns the step of the newest checkpoint; 0 if there is none."""
  names = [path.name for path in (folder / 'checkpoints').glob('*')]
  return max((int(name) for name in names if name.isdigit()), default=0)
