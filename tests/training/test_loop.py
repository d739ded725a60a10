"""The loop from the command line, stopped and started, and what it refuses."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax.training import finite, interrupts, loop, runner
from tests.training import small


def _train(folder, data, **macros):
  loop.train(*small.load(folder, data, **macros))


@pytest.fixture
def before_step(monkeypatch):
  """Registers what happens when a step of the whole run is about to begin."""
  actions = {}
  advance = runner.PhaseRunner.advance

  def watched(self, step, batch):
    actions.pop(self.first_step + step, lambda _: None)(self)
    return advance(self, step, batch)

  monkeypatch.setattr(runner.PhaseRunner, 'advance', watched)
  return actions


def _kill(_):
  raise small.Killed


def test_leaves_everything_a_run_promises(undisturbed):
  rows = small.losses(undisturbed)
  assert [row['step'] for row in rows if 'critic_loss' in row][:2] == [3, 5]
  assert rows[-1]['step'] == small.STEPS
  for name in ('negative_active', 's_pos', 's_neg', 'nll_neg'):
    assert any(name in row for row in rows)
  assert any('validation/auc' in row for row in rows)
  assert (undisturbed / 'config.gin').read_text().strip()
  result = json.loads((undisturbed / 'eval' / 'records.json').read_text())
  assert result['num_examples'] == 5
  assert 0 <= result['accuracy'] <= 1
  assert list((undisturbed / 'tensorboard').iterdir())
  steps = {int(p.name) for p in (undisturbed / 'checkpoints').iterdir()}
  assert steps == {19, small.STEPS}


def test_best_student_is_that_of_its_step(undisturbed):
  (step,) = (int(path.name) for path in (undisturbed / 'best').iterdir())
  rows = [r for r in small.losses(undisturbed) if 'validation/accuracy' in r]
  rank = lambda row: (row['validation/accuracy'], -row['validation/label_nll'])
  assert step == max(rows, key=rank)['step'] == small.STEPS
  best = small.parameters(undisturbed, 'best')
  newest = small.parameters(undisturbed)
  for name, array in best.items():
    there = newest[f"['params']{name}"]
    np.testing.assert_array_equal(array, there)


# In the first phase, between the phases, just after a checkpoint that lies
# inside a window of metrics and a period of negatives, and at the last step.
@pytest.mark.parametrize('steps', [(3, 5), (12,), (8, 20)])
def test_goes_on_as_if_nothing_had_happened(
  steps, undisturbed, data, tmp_path, before_step
):
  folder = tmp_path / 'run'
  for step in steps:
    before_step[step] = _kill
    with small.killed():
      _train(folder, data)
  _train(folder, data)
  small.assert_same_run(folder, undisturbed)


def test_a_finished_run_only_tests_again(undisturbed, data, before_step):
  before_step.update(dict.fromkeys(range(small.STEPS), _kill))
  _train(undisturbed, data)


def test_sigterm_saves_the_step_it_came_in(
  undisturbed, data, tmp_path, before_step
):
  folder = tmp_path / 'run'
  before_step[8] = lambda _: os.kill(os.getpid(), signal.SIGTERM)
  with pytest.raises(SystemExit) as left:
    _train(folder, data, **{'checkpoints.Checkpoints.every_steps': 1000})
  assert left.value.code == 128 + signal.SIGTERM
  # The ninth step is the first of a window of three.
  assert [p.name for p in (folder / 'checkpoints').iterdir()] == ['5', '9']
  assert small.losses(folder)[-1]['step'] == 8
  _train(folder, data, **{'checkpoints.Checkpoints.every_steps': 1000})
  small.assert_same_run(folder, undisturbed)


def test_signal_at_the_very_last_step(undisturbed, data, tmp_path, before_step):
  folder = tmp_path / 'run'
  last = small.STEPS - 1
  before_step[last] = lambda _: os.kill(os.getpid(), signal.SIGINT)
  with pytest.raises(SystemExit) as left:
    _train(folder, data)
  assert left.value.code == 130
  _train(folder, data)
  small.assert_same_run(folder, undisturbed)


@pytest.fixture
def ctrl_c():
  """Python's own handler; a shell's background jobs start without it."""
  before = signal.signal(signal.SIGINT, signal.default_int_handler)
  yield
  signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures('ctrl_c')
def test_second_ctrl_c_kills(data, tmp_path, before_step, monkeypatch):
  monkeypatch.setattr(interrupts, '_TWICE', 0.05)

  def twice(_):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)

  before_step[3] = twice
  with pytest.raises(KeyboardInterrupt):
    _train(tmp_path / 'run', data)
  assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
  assert [p.name for p in (tmp_path / 'run/checkpoints').iterdir()] == ['2']


def test_a_signal_that_comes_twice_is_one(data, tmp_path, before_step):
  def twice(_):
    for _ in range(2):
      os.kill(os.getpid(), signal.SIGTERM)
      time.sleep(0.01)

  before_step[3] = twice
  with pytest.raises(SystemExit) as left:
    _train(tmp_path / 'run', data)
  assert left.value.code == 128 + signal.SIGTERM
  assert (tmp_path / 'run' / 'checkpoints' / '4').exists()


def test_a_best_student_is_whole_before_a_checkpoint_leaves_it_behind(
  data, tmp_path, monkeypatch
):
  order = []
  from distill_jax.training import best, checkpoints

  wait, save = best.Best.wait, checkpoints.Store.save
  monkeypatch.setattr(
    best.Best, 'wait', lambda self: (order.append('best'), wait(self))
  )

  def watched(self, step, tree, facts=None):
    if 'optimizers' in tree:
      order.append('checkpoint')
    save(self, step, tree, facts)

  monkeypatch.setattr(checkpoints.Store, 'save', watched)
  _train(tmp_path / 'run', data, STEPS=2)
  assert order == ['best', 'checkpoint'] * (len(order) // 2)


def test_refuses_another_configuration(undisturbed, data):
  before = (undisturbed / 'metrics.jsonl').read_bytes()
  with pytest.raises(
    ValueError, match=r'another configuration .*LEARNING_RATE'
  ):
    _train(undisturbed, data, LEARNING_RATE=0.25)
  assert (undisturbed / 'metrics.jsonl').read_bytes() == before


@pytest.mark.parametrize(
  ('macros', 'words'),
  [
    (
      {'t5.T5Config.vocab_size': 100, 'VOCAB_LIMIT': 100},
      'embedding of 100 rows',
    ),
    ({'VOCAB_LIMIT': None}, r'ids below 352 .*set --gin\.VOCAB_LIMIT=350'),
    ({'VOCAB_LIMIT': 100}, r'ids below 100 .*set --gin\.VOCAB_LIMIT=350'),
    ({'SEED': -1}, r'Run\.seed is -1'),
    ({'Mesh.data': 3}, 'does not fit'),
    ({'Mesh.model': 64}, 'does not fit'),
  ],
)
def test_refuses_before_any_work(macros, words, data, tmp_path):
  with pytest.raises(ValueError, match=words):
    _train(tmp_path / 'run', data, **macros)
  assert not (tmp_path / 'run').exists()


def test_a_batch_that_the_devices_cannot_share_is_refused(
  data, tmp_path, monkeypatch
):
  run, config = small.load(tmp_path / 'run', data)

  class Wide:
    shape = {'data': 3, 'model': 1}  # noqa: RUF012

  monkeypatch.setattr(type(run.mesh), 'build', lambda self: Wide)
  with pytest.raises(ValueError, match=r'4 questions .* 3 equal parts'):
    loop.train(run, config)


def test_a_loss_that_is_not_finite_stops_with_one_sentence(
  data, tmp_path, before_step
):
  def spoil(phase):
    phase.params['student'] = jax.tree.map(
      lambda x: x * jnp.nan, phase.params['student']
    )

  before_step[9] = spoil
  folder = tmp_path / 'run'
  with pytest.raises(finite.NonFiniteError, match=r'^\w+ is nan .*step 10'):
    _train(folder, data)
  assert _newest_is_finite(folder)
  _train(folder, data)  # the last good checkpoint is one


@pytest.fixture
def spoilt_steps(monkeypatch):
  """Steps, from 1, whose batch gives no finite gradient, to those batches."""
  from distill_jax.training import step as step_lib

  make, batches = step_lib.make, {}

  def spoiling(*arguments):
    step = make(*arguments)

    def wrapped(own, optimizer, others, batch, rng, number, weight):
      if int(number) + 1 in batches:
        batches[int(number) + 1] = jax.device_get(batch)
        spoilt = batch.weights * jnp.nan
        batch = dataclasses.replace(batch, weights=spoilt)
      return step(own, optimizer, others, batch, rng, number, weight)

    return wrapped

  monkeypatch.setattr(step_lib, 'make', spoiling)
  return batches


# A look at the end of each period finds the negatives where neither metrics nor
# checkpoints are due before they are overwritten.
@pytest.mark.parametrize('seldom', [False, True])
def test_skips_what_has_no_finite_gradient(
  seldom, data, tmp_path, spoilt_steps, caplog
):
  spoilt_steps |= dict.fromkeys((7, 13))
  folder = tmp_path / 'run'
  names = ('LOG_EVERY', 'checkpoints.Checkpoints.every_steps')
  with caplog.at_level('WARNING', logger='distill_jax'):
    _train(folder, data, **dict.fromkeys(names if seldom else (), 99))
  assert _newest_is_finite(folder)
  assert all(
    np.isfinite(value) for row in small.losses(folder) for value in row.values()
  )
  told = [one for one in caplog.messages if 'its batch is in' in one]
  for number, step in enumerate(sorted(spoilt_steps)):
    place = folder / 'skipped' / f'step_{step}.npz'
    assert str(place) in told[number]
    assert told[number].endswith(f'so far: {number + 1}, at most 10')
    kept = np.load(place)
    for name in ('label_inputs', 'weights', 'negatives', 'negative_valid'):
      read = getattr(spoilt_steps[step], name)
      np.testing.assert_array_equal(kept[name], read)
  assert len(told) == 2
  rows = small.losses(folder)
  counts = [row['student_skipped'] for row in rows if 'student_skipped' in row]
  assert counts == sorted(counts) and counts[-1] == 2
  assert seldom or counts[0] == 1


def test_stops_where_too_many_have_no_finite_gradient(
  data, tmp_path, spoilt_steps, before_step
):
  spoilt_steps |= dict.fromkeys((7, 13, 14))
  before_step[10] = _kill  # the count goes on, too
  folder = tmp_path / 'run'
  with small.killed():
    _train(folder, data, **{'run.Run.max_skipped': 1})
  undone = folder / 'skipped' / 'step_12.npz'
  undone.write_bytes(b'')
  copy = undone.with_name('step_12_copy.npz')
  copy.write_bytes(b'')
  words = r'step 13; its batch is in .*step_13.npz. 2 updates .* max_skipped=1'
  with pytest.raises(finite.NonFiniteError, match=words):
    _train(folder, data, **{'run.Run.max_skipped': 1})
  for step in (7, 13):
    assert (folder / 'skipped' / f'step_{step}.npz').exists()
  assert not undone.exists() and copy.exists()
  assert _newest_is_finite(folder)


# The gradient of the step was finite; what its update left is not. A checkpoint
# is due after step 7, and after the step that follows step 8.
@pytest.mark.parametrize(('spoilt', 'saved'), [(7, 7), (8, 9)])
def test_parameters_that_are_not_finite_are_never_saved(
  spoilt, saved, data, tmp_path, monkeypatch
):
  from distill_jax.training import step as step_lib

  make = step_lib.make

  def explosive(*arguments):
    step = make(*arguments)

    def wrapped(own, optimizer, others, batch, rng, number, weight):
      weight = np.float32(np.inf) if int(number) == spoilt - 1 else weight
      return step(own, optimizer, others, batch, rng, number, weight)

    return wrapped

  monkeypatch.setattr(step_lib, 'make', explosive)
  folder = tmp_path / 'run'
  words = f'parameters of the student .* step {saved}'
  with pytest.raises(finite.NonFiniteError, match=words):
    _train(folder, data)
  assert _newest_is_finite(folder)


def _newest_is_finite(folder):
  arrays = small.parameters(folder).values()
  return all(np.isfinite(array).all() for array in arrays)


def test_two_processes_do_not_share_a_folder(data, tmp_path, before_step):
  folder, seen = tmp_path / 'run', []

  def another(_):
    seen.append(_command(folder, data))

  before_step[3] = another
  _train(folder, data, STEPS=1)
  (second,) = seen
  assert second.returncode == 1
  said = second.stderr.splitlines()[-1]
  assert f'in use by the process {os.getpid()}' in said
  # It is free again.
  _train(folder, data, STEPS=1)


def _command(folder, data, **macros):
  return subprocess.run(
    [
      sys.executable,
      '-m',
      'distill_jax.train',
      *small.arguments(folder, data, **{'STEPS': 1, **macros}),
    ],
    capture_output=True,
    text=True,
    check=False,
  )


def test_a_full_disk_stops_with_one_sentence(data, tmp_path):
  folder = tmp_path / 'run'
  code = (
    'import resource, signal, sys\n'
    'from distill_jax import train\n'
    'signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n'
    'resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n'
    'train.main()\n'
  )
  ended = subprocess.run(
    [sys.executable, '-c', code, *small.arguments(folder, data, STEPS=1)],
    capture_output=True,
    text=True,
    check=False,
    timeout=120,
  )
  assert ended.returncode == 1
  said = ended.stderr.splitlines()[-1]
  assert said.startswith('distill_jax.train: The checkpoint')
  assert 'cannot be written' in said
  assert 'File too large' in said
  assert 'Traceback' not in ended.stderr
