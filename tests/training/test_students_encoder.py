"""A short run whose discriminator reads by the student's encoder."""

import contextlib
import json
import shutil

import jax
import numpy as np
import pytest

from distill_jax import evaluate
from distill_jax.cli import loading
from distill_jax.critics import students_encoder
from distill_jax.training import answering, loop, runner
from tests.training import small

_FILES = ['qcrd_tiny.gin', 'methods/qcrd_students_encoder.gin']
_STEPS = 8  # of both phases


def _load(folder, data):
  given = {
    'TASK': 'records',
    't5.T5Config.emb_dim': 16,
    't5.T5Config.num_heads': 2,
    't5.T5Config.head_dim': 8,
    't5.T5Config.mlp_dim': 16,
    't5.T5Config.num_encoder_layers': 1,
    't5.T5Config.num_decoder_layers': 1,
    'CRITIC_HIDDEN_DIM': 8,
    'MODEL_DIR': folder,
    'DATA_DIR': data / 'records',
    'CACHE_DIR': data / 'cache',
    'STEPS': 4,
    'PRETRAINING_STEPS': 4,
    'PERIOD': 2,
    'CRITIC_EVERY': 2,
    'LOG_EVERY': 2,
    'BATCH_SIZE': 4,
    'VALIDATE_EVERY': 4,
    'WARMUP': 0,
    'critic/optimizers.Linear.warmup': 0,
    'validation.Validation.batch_size': 4,
    'checkpoints.Checkpoints.every_steps': 3,
  }
  return loading.load(_FILES, [(name, str(x)) for name, x in given.items()])


@contextlib.contextmanager
def _watched(before_step):
  """Calls `before_step(parameters, step of the run)` before each step."""
  advance = runner.PhaseRunner.advance

  def watched(self, step, batch):
    before_step(self.params, self.first_step + step)
    return advance(self, step, batch)

  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(runner.PhaseRunner, 'advance', watched)
    yield


@pytest.fixture(scope='module')
def seen():
  """The parameters before each step of the run that nobody stopped."""
  return {}


@pytest.fixture(scope='module')
def finished(data, seen, tmp_path_factory):
  """The folder of that run."""
  folder = tmp_path_factory.mktemp('students_encoder') / 'run'

  def keep(params, step):
    seen[step] = jax.tree.map(np.array, dict(params))

  with _watched(keep):
    loop.train(*_load(folder, data))
  return folder


def _of(arrays, part, name):
  return {key: x for key, x in arrays.items() if key.startswith(part + name)}


def test_the_optimizer_holds_moments_of_the_head_alone(finished):
  arrays = small.parameters(finished)
  own = _of(arrays, "['params']", "['critic']")
  assert sorted(x.shape for x in own.values()) == [(8, 1), (16, 8)]
  moments = _of(arrays, "['optimizers']", "['critic']").values()
  assert {x.shape for x in moments if x.size > 1} == {(8, 1), (16, 8)}


def _moved(before, after, name):
  return [
    bool(np.any(one != other))
    for one, other in zip(
      jax.tree.leaves(before[name]), jax.tree.leaves(after[name]), strict=True
    )
  ]


def test_pre_training_moves_the_head_and_not_the_student(finished, seen):
  begun, pretrained, last = seen[0], seen[4], seen[7]
  assert not any(_moved(begun, pretrained, 'student'))
  assert all(_moved(begun, pretrained, 'critic'))
  assert any(_moved(pretrained, last, 'student'))
  assert any(_moved(pretrained, last, 'critic'))


@pytest.mark.slow
def test_goes_on_as_if_nothing_had_happened(finished, data, tmp_path):
  folder = tmp_path / 'run'

  def kill(_, step):
    if step == 7:  # a checkpoint was due after six steps
      raise small.Killed

  with _watched(kill), small.killed():
    loop.train(*_load(folder, data))
  loop.train(*_load(folder, data))
  small.assert_same_run(folder, finished)
  assert small.losses(folder)[-1]['step'] == _STEPS


def _evaluate(monkeypatch, folder, *arguments):
  argv = ['evaluate', f'--model_dir={folder}', *arguments]
  monkeypatch.setattr('sys.argv', argv)
  evaluate.main()


def test_evaluates_with_qualities(finished, tmp_path, monkeypatch):
  folder = shutil.copytree(finished, tmp_path / 'run')
  _evaluate(monkeypatch, folder, '--qualities=1.5,2')
  said = json.loads((folder / 'eval' / 'qualities_test.json').read_text())
  assert {'teacher positives', 'teacher negatives'} <= said.keys()
  for value in said.values():
    assert 0 < value['mean'] < 1


def test_it_reads_by_the_student_of_its_own_checkpoint(finished, data):
  run, _ = _load(finished, data)
  assert run.critic == students_encoder.StudentsEncoder(
    student=run.student, hidden_dim=8
  )
  params = answering.critic(run)
  assert params.keys() == {'critic', 'student'}
  newest = small.parameters(finished)
  leaves = jax.tree_util.tree_leaves_with_path(params)
  read = {
    f"['params']{jax.tree_util.keystr(path)}": np.asarray(leaf)
    for path, leaf in leaves
  }
  small.assert_same(read, _of(newest, "['params']", ''))
