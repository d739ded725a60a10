"""A dense retriever that begins as a run of rankings left it."""

import jax
import numpy as np
import pytest
from etils import epath

from distill_jax.critics import dense
from distill_jax.training import (
  checkpoints,
  finished,
  initial,
  partition,
  ranked_initial,
  ranking,
)
from tests.critics import rerankers

_NETWORK = dense.DenseEncoder(encoder=rerankers.T5)


def test_begins_with_the_best_critic(tmp_path):
  params = _NETWORK.init(jax.random.key(3))
  with checkpoints.opened(tmp_path / 'best', keep=1) as store:
    store.save(7, {'critic': params}, {})
  begin = ranked_initial.FromRanking(path=str(tmp_path))
  begin.check(_NETWORK)
  mesh = partition.Mesh().build()
  found = begin.params(mesh, _NETWORK, jax.random.key(0))
  jax.tree.map(np.testing.assert_array_equal, found, params)


@pytest.mark.parametrize('path', [None, '/nowhere'])
def test_a_run_that_is_not_there(path):
  said = 'CRITIC_INITIAL_CHECKPOINT is .*which has no best/'
  with pytest.raises(ValueError, match=said):
    ranked_initial.FromRanking(path=path).check(_NETWORK)


def _kept(folder, name):
  with checkpoints.opened(folder / 'best', keep=1) as store:
    store.save(7, {name: _NETWORK.init(jax.random.key(3))}, {})
  return str(folder)


@pytest.mark.parametrize(
  'read',
  [
    lambda path: initial.FromCheckpoint(path=path).check(_NETWORK),
    lambda path: initial.EncoderFromCheckpoint(path=path).check(_NETWORK),
    lambda path: finished.read(epath.Path(path)),
    lambda path: finished.load(epath.Path(path), None),
  ],
)
def test_a_reranker_is_no_student(tmp_path, read):
  path = _kept(tmp_path, 'critic')
  said = rf"{path} holds .*'critic' \(a reranker\), expected 'student' "
  with pytest.raises(ValueError, match=said):
    read(path)


@pytest.mark.parametrize(
  'read',
  [
    lambda path: ranked_initial.FromRanking(path=path).check(_NETWORK),
    lambda path: ranking.Ranker(path=path, critic=_NETWORK).check(),
    lambda path: ranking.load(epath.Path(path), None),
  ],
)
def test_a_student_is_no_reranker(tmp_path, read):
  path = _kept(tmp_path, 'student')
  said = rf"{path} holds .*'student' \(a student\), expected 'critic' "
  with pytest.raises(ValueError, match=said):
    read(path)
