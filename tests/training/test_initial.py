"""Where a network's first parameters come from."""

import jax
import numpy as np
import pytest

from distill_jax.training import initial, partition
from tests.training import small


def test_nothing_given_is_one_sentence_that_says_how(
  undisturbed, data, tmp_path
):
  run, _ = small.load(undisturbed, data)
  absent = str(tmp_path / 'absent')
  for source, network, said in (
    (initial.FromCheckpoint, run.student, 'INITIAL_CHECKPOINT'),
    (initial.EncoderFromCheckpoint, run.critic, 'CRITIC_INITIAL_CHECKPOINT'),
  ):
    with pytest.raises(ValueError, match=rf'--gin\.{said}='):
      source(path=None).check(network)
    with pytest.raises(ValueError, match=rf'^{said}: .*absent does not exist'):
      source(path=absent).check(network)
    with pytest.raises(ValueError, match=rf'^{said}: .* is no checkpoint'):
      source(path=str(tmp_path)).check(network)
    named = source(path=absent, macro='TEACHER')
    with pytest.raises(ValueError, match=r'^TEACHER: .*absent does not exist'):
      named.check(network)
  assert not (tmp_path / 'absent').exists()


def test_a_student_starts_from_the_best_of_a_run(undisturbed, data):
  run, _ = small.load(undisturbed, data)
  mesh = partition.Mesh(data=1).build()
  source = initial.FromCheckpoint(path=str(undisturbed))
  source.check(run.student)
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
  source = initial.EncoderFromCheckpoint(path=str(undisturbed))
  params = source.params(mesh, run.critic, jax.random.key(3))
  student = initial.FromCheckpoint(path=str(undisturbed)).params(
    mesh, run.student, jax.random.key(3)
  )
  fresh = partition.init_parameters(mesh, run.critic, jax.random.key(3))
  assert jax.tree.structure(params) == jax.tree.structure(fresh)
  for name in ('encoder', 'token_embedder'):
    jax.tree.map(
      np.testing.assert_array_equal, params['encoder'][name], student[name]
    )
  jax.tree.map(np.testing.assert_array_equal, params['head'], fresh['head'])


def test_another_size_is_refused_with_both_values(undisturbed, data):
  run, _ = small.load(undisturbed, data, **{'t5.T5Config.mlp_dim': 24})
  mesh = partition.Mesh(data=1).build()
  said = 'mlp_dim is 16 there and 24 in the run file'
  for source in (initial.FromCheckpoint, initial.EncoderFromCheckpoint):
    with pytest.raises(ValueError, match=said):
      source(path=str(undisturbed)).params(mesh, run.student, jax.random.key(0))
