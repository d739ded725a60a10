"""The reranker's objective: a mean over questions of a loss over candidates."""

import functools
import math

import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax import batch as batch_lib
from distill_jax.losses import listwise, mean
from distill_jax.methods import ranking


class _Given:
  """A critic that scores as its parameters say."""

  reads = ('critic',)

  def logits(self, params, questions, candidates, rng=None):
    return params['critic'][: len(questions)]


_SCORES = jnp.array(
  [[2.0, 1.0, 0.0], [0.0, 0.0, 9.0], [1.0, 1.0, 1.0], [3, 2, 1]]
)
_RELEVANCE = jnp.array([[5.0, 1.0, 0.0], [1.0, 2.0, 0.0], [4, 0, 0], [0, 0, 1]])
_VALID = jnp.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 1]], bool)
_BATCH = batch_lib.RankingBatch(
  questions=jnp.ones((4, 2), int),
  passages=jnp.ones((4, 3, 2), int),
  relevance=_RELEVANCE,
  valid=_VALID,
  weights=jnp.array([1.0, 1.0, 1.0, 0.0]),
  example_index=jnp.arange(4),
)


def _divergence(scores, relevance, tau2):
  soft = lambda values: [
    math.exp(v) / sum(math.exp(w) for w in values) for v in values
  ]
  wanted = soft(relevance)
  found = soft([score / tau2 for score in scores])
  return sum(q * math.log(q / p) for q, p in zip(wanted, found))


@pytest.mark.parametrize('tau2', [1.0, 4.0])
def test_the_mean_is_over_questions_with_something_to_order(tau2):
  loss = functools.partial(listwise.divergence, tau2=tau2)
  method = ranking.Ranking(critic=_Given(), loss=loss)
  terms = method({'critic': _SCORES}, _BATCH, None)
  expected = (
    _divergence([2, 1, 0], [5, 1, 0], tau2) + _divergence([0, 0], [1, 2], tau2)
  ) / 2
  np.testing.assert_allclose(terms['ranking_loss'].value(), expected, rtol=1e-5)
  np.testing.assert_allclose(mean.objective(terms), expected, rtol=1e-5)
  assert terms['ranking_loss'].count == 2


def test_the_best_of_equal_scores_counts_for_its_part():
  method = ranking.Ranking(critic=_Given())
  terms = method({'critic': _SCORES}, _BATCH, None)
  np.testing.assert_allclose(terms['top_share'].value(), (1 + 0.5) / 2)
  assert terms['top_share'].weight == 0


def test_cross_entropy_is_another_loss():
  loss = functools.partial(listwise.cross_entropy, tau2=1.0)
  method = ranking.Ranking(critic=_Given(), loss=loss)
  found = method({'critic': _SCORES}, _BATCH, None)['ranking_loss'].value()
  first = -math.log(math.exp(2) / (math.exp(2) + math.exp(1) + 1))
  np.testing.assert_allclose(found, (first + math.log(2)) / 2, rtol=1e-5)
