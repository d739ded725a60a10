"""A dense retriever that begins as a run of rankings left it."""

import jax
import numpy as np
import pytest

from distill_jax.critics import dense
from distill_jax.training import checkpoints, partition, ranked_initial
from tests.critics import rerankers

_NETWORK = dense.DenseEncoder(encoder=rerankers.T5)


def test_begins_with_the_best_critic(tmp_path):
  params = _NETWORK.init(jax.random.key(3))
  with checkpoints.opened(tmp_path / 'best', keep=1) as store:
    store.save(7, {'critic': params}, {})
  initial = ranked_initial.FromRanking(path=str(tmp_path))
  initial.check(_NETWORK)
  mesh = partition.Mesh().build()
  found = initial.params(mesh, _NETWORK, jax.random.key(0))
  jax.tree.map(np.testing.assert_array_equal, found, params)


@pytest.mark.parametrize('path', [None, '/nowhere'])
def test_a_run_that_is_not_there(path):
  said = 'CRITIC_INITIAL_CHECKPOINT is .*which has no best/'
  with pytest.raises(ValueError, match=said):
    ranked_initial.FromRanking(path=path).check(_NETWORK)
