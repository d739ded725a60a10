"""A text's likelihood over some passages: a plain loop, finite differences."""

import math

import jax
import jax.numpy as jnp
import jax.test_util
import numpy as np
import pytest

from distill_jax.losses import marginal

_RNG = np.random.default_rng(0)
_SCORES = jnp.array(_RNG.normal(0, 2, (4, 5)), jnp.float32)
_GIVEN = jnp.array(_RNG.uniform(1, 9, (4, 5)), jnp.float32)


def _plain(scores, given):
  """The joint probability of text and passage, in products of floats."""
  joint = []
  for row, nats in zip(scores.tolist(), given.tolist()):
    total = sum(math.exp(score) for score in row)
    joint.append(
      [math.exp(s) / total * math.exp(-n) for s, n in zip(row, nats)]
    )
  return joint


def test_nats_are_the_plain_loop():
  expected = [-math.log(sum(row)) for row in _plain(_SCORES, _GIVEN)]
  found = marginal.nats(_SCORES, _GIVEN)
  np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_posterior_is_the_plain_loop():
  expected = [
    [one / sum(row) for one in row] for row in _plain(_SCORES, _GIVEN)
  ]
  found = marginal.posterior(_SCORES, _GIVEN)
  np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_by_hand():
  # Two passages of equal score, of which one makes the text certain and the
  # other impossible: the text costs one bit.
  found = marginal.nats(jnp.zeros((1, 2)), jnp.array([[0.0, 1e9]]))
  np.testing.assert_allclose(found, [math.log(2)], rtol=1e-6)


def test_of_one_passage_its_score_does_not_count():
  found = marginal.nats(_SCORES[:, :1], _GIVEN[:, :1])
  np.testing.assert_allclose(found, _GIVEN[:, 0], rtol=1e-6)


def test_long_texts_do_not_vanish():
  # exp(-600) is 0 in float32 and in float64 nearly so.
  found = marginal.nats(_SCORES, _GIVEN + 600)
  np.testing.assert_allclose(
    found, marginal.nats(_SCORES, _GIVEN) + 600, rtol=1e-6
  )


@pytest.mark.parametrize('argument', [0, 1])
def test_gradient_passes_finite_differences(argument):
  with jax.enable_x64(True):
    given = [jnp.array(x, jnp.float64) for x in (_SCORES, _GIVEN)]

    def loss(x):
      values = [*given]
      values[argument] = x
      return jnp.sum(marginal.nats(*values))

    jax.test_util.check_grads(loss, (given[argument],), 1, modes=['rev'])


def test_a_passage_that_explains_the_text_gains():
  slope = jax.grad(lambda s: jnp.sum(marginal.nats(s, _GIVEN)))(_SCORES)
  prior = jax.nn.softmax(_SCORES)
  posterior = marginal.posterior(_SCORES, _GIVEN)
  np.testing.assert_allclose(slope, prior - posterior, atol=1e-6)
