"""Where a network's first parameters come from."""

import jax
import numpy as np
import pytest

from distill_jax.training import initial, partition
from tests.training import small


def test_nothing_given_is_one_sentence_that_says_how(tmp_path):
  with pytest.raises(ValueError, match=r'--gin\.INITIAL_CHECKPOINT='):
    initial.FromRun(path=None).check()
  with pytest.raises(ValueError, match=r'--gin\.CRITIC_INITIAL_CHECKPOINT='):
    initial.EncoderFromRun(path=None).check()
  with pytest.raises(ValueError, match=r'^CRITIC_INITIAL_CHECKPOINT='):
    initial.EncoderFromRun(path=str(tmp_path / 'absent')).check()
  with pytest.raises(ValueError, match=r'holds no best/ folder'):
    initial.FromRun(path=str(tmp_path / 'absent')).check()
  assert not (tmp_path / 'absent').exists()


def test_a_student_starts_from_the_best_of_a_run(undisturbed, data):
  run, _ = small.load(undisturbed, data)
  mesh = partition.Mesh(data=1).build()
  source = initial.FromRun(path=str(undisturbed))
  source.check()
  params = source.params(mesh, run.student, jax.random.key(3))
  best = small.parameters(undisturbed, 'best')
  leaves = jax.tree_util.tree_leaves_with_path(params)
  assert len(leaves) == len(best)
  for path, leaf in leaves:
    there = best[f"['student']{jax.tree_util.keystr(path)}"]
    np.testing.assert_array_equal(leaf, there)


def test_a_critic_starts_from_the_encoder_of_a_student(undisturbed, data):
  run, _ = small.load(undisturbed, data)
  mesh = partition.Mesh(data=1).build()
  source = initial.EncoderFromRun(path=str(undisturbed))
  params = source.params(mesh, run.critic, jax.random.key(3))
  student = initial.FromRun(path=str(undisturbed)).params(
    mesh, run.student, jax.random.key(3)
  )
  fresh = partition.init_parameters(mesh, run.critic, jax.random.key(3))
  assert jax.tree.structure(params) == jax.tree.structure(fresh)
  for name in ('encoder', 'token_embedder'):
    jax.tree.map(
      np.testing.assert_array_equal, params['encoder'][name], student[name]
    )
  jax.tree.map(np.testing.assert_array_equal, params['head'], fresh['head'])


def test_another_size_is_refused(undisturbed, data):
  run, _ = small.load(undisturbed, data, **{'t5.T5Config.mlp_dim': 24})
  mesh = partition.Mesh(data=1).build()
  with pytest.raises(
    ValueError,
    match=r'other sizes .*student/decoder/\S+/wi/kernel: stored \(16, 16\), '
    r'expected \(16, 24\)',
  ):
    initial.FromRun(path=str(undisturbed)).params(
      mesh, run.student, jax.random.key(0)
    )
