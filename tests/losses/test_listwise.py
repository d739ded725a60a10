import math

import jax
import jax.numpy as jnp
import jax.test_util
import numpy as np
import pytest

from distill_jax.losses import listwise

# Four candidates each; a question may have four, three, two, one or none.
_VALID = jnp.array(
  [[1, 1, 1, 1], [0, 1, 1, 1], [1, 0, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]], bool
)
_RNG = np.random.default_rng(0)
_SCORES = jnp.array(_RNG.normal(0, 30, _VALID.shape), jnp.float32)
_RELEVANCE = jnp.array(_RNG.uniform(0, 9, _VALID.shape), jnp.float32)


def _softmax(values):
  top = max(values)
  powers = [math.exp(value - top) for value in values]
  return [power / sum(powers) for power in powers]


def _ragged():
  """Scores and relevance of each question's candidates, without any mask."""
  for scores, relevance, valid in zip(_SCORES, _RELEVANCE, _VALID):
    yield (
      [float(value) for value, ok in zip(scores, valid) if ok],
      [float(value) for value, ok in zip(relevance, valid) if ok],
    )


def _plain_divergence(tau1, tau2):
  losses = []
  for scores, relevance in _ragged():
    if len(scores) < 2:
      losses.append(0.0)
      continue
    wanted = _softmax([value / tau1 for value in relevance])
    found = _softmax([value / tau2 for value in scores])
    losses.append(sum(q * math.log(q / p) for q, p in zip(wanted, found)))
  return losses


def _plain_cross_entropy(tau2):
  losses = []
  for scores, relevance in _ragged():
    if len(scores) < 2:
      losses.append(0.0)
      continue
    found = _softmax([value / tau2 for value in scores])
    losses.append(-math.log(found[relevance.index(max(relevance))]))
  return losses


@pytest.mark.parametrize(('tau1', 'tau2'), [(1.0, 100.0), (0.5, 7.0)])
def test_divergence_is_the_plain_loop(tau1, tau2):
  found = listwise.divergence(_SCORES, _RELEVANCE, _VALID, tau1, tau2)
  expected = _plain_divergence(tau1, tau2)
  np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize('tau2', [100.0, 7.0])
def test_cross_entropy_is_the_plain_loop(tau2):
  found = listwise.cross_entropy(_SCORES, _RELEVANCE, _VALID, tau2)
  expected = _plain_cross_entropy(tau2)
  np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)


def test_by_hand():
  # Q = (3/4, 1/4) and P = (1/2, 1/2).
  relevance, scores = jnp.log(jnp.array([[3.0, 1.0]])), jnp.zeros((1, 2))
  valid = jnp.ones((1, 2), bool)
  expected = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
  found = listwise.divergence(scores, relevance, valid)
  np.testing.assert_allclose(found, [expected], rtol=1e-5)
  found = listwise.cross_entropy(scores, relevance, valid)
  np.testing.assert_allclose(found, [math.log(2)], rtol=1e-6)


def test_equal_distributions_have_no_divergence():
  valid = jnp.ones((5, 4), bool)
  found = listwise.divergence(3 * _RELEVANCE, _RELEVANCE, valid, 1.0, 3.0)
  np.testing.assert_allclose(found, np.zeros(5), atol=1e-5)


def test_of_equally_relevant_candidates_the_first_counts():
  relevance, scores = jnp.array([[1.0, 5.0, 5.0]]), jnp.array([[0.0, 1.0, 2.0]])
  found = listwise.cross_entropy(scores, relevance, jnp.ones((1, 3), bool), 1.0)
  expected = -math.log(_softmax([0, 1, 2])[1])
  np.testing.assert_allclose(found, [expected], rtol=1e-6)


@pytest.mark.parametrize('loss', [listwise.divergence, listwise.cross_entropy])
def test_gradients_are_finite_differences(loss):
  def total(scores):
    found = loss(jnp.asarray(scores), _RELEVANCE, _VALID, tau2=20.0)
    return jnp.sum(found**2)

  jax.test_util.check_grads(total, (_SCORES,), order=1, modes=['rev'], eps=1.0)


@pytest.mark.parametrize('loss', [listwise.divergence, listwise.cross_entropy])
@pytest.mark.parametrize('garbage', [0.0, 1e30, -1e30])
def test_what_lies_in_an_empty_slot_changes_nothing(loss, garbage):
  def total(scores, relevance):
    return jnp.sum(loss(scores, relevance, _VALID))

  filled = [
    jnp.where(_VALID, values, garbage) for values in (_SCORES, _RELEVANCE)
  ]
  value, gradient = jax.value_and_grad(total)(*filled)
  expected = jax.value_and_grad(total)(_SCORES, _RELEVANCE)
  np.testing.assert_allclose(value, expected[0], rtol=1e-6)
  np.testing.assert_allclose(gradient, expected[1], atol=1e-6)
  assert np.all(gradient[~_VALID] == 0)
  assert np.all(gradient[3:] == 0)
