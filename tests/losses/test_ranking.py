"""The critic's losses against hand numbers and a loop over ragged lists."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import test_util

from distill_jax.losses import ranking

_LOSSES = [ranking.exponential_ratio, ranking.binary_cross_entropy]


def _sigmoid(x):
  return 1.0 / (1.0 + math.exp(-x))


def _exponential_ratio(positive, negative):
  """The paper's L_D of one question, from lists of logits."""
  above = sum(math.exp(_sigmoid(x)) for x in positive)
  below = sum(math.exp(_sigmoid(x)) for x in negative)
  return -math.log(above / below)


def _binary_cross_entropy(positive, negative):
  above = [-math.log(_sigmoid(x)) for x in positive]
  below = [-math.log(1.0 - _sigmoid(x)) for x in negative]
  return sum(above) / len(above) + sum(below) / len(below)


def _pack(rows, width, hole):
  values = np.full((len(rows), width), hole, np.float32)
  valid = np.zeros((len(rows), width), bool)
  for i, row in enumerate(rows):
    values[i, : len(row)], valid[i, : len(row)] = row, True
  return jnp.asarray(values), jnp.asarray(valid)


def _ragged(seed, rows=8):
  rng = np.random.default_rng(seed)
  lists = lambda: [list(rng.normal(0, 2, n)) for n in rng.integers(1, 5, rows)]
  return lists(), lists()


def test_exponential_ratio_by_hand():
  # s = 1/2 everywhere: -log(2 / 3), whatever s is.
  zeros = lambda n: (jnp.zeros((1, n)), jnp.ones((1, n), bool))
  np.testing.assert_allclose(
    ranking.exponential_ratio(*zeros(2), *zeros(3)), [math.log(1.5)], rtol=1e-6
  )
  # s_pos -> 1 and s_neg -> 0: the floor -1 - log(P / N).
  sure = 50 * jnp.ones((1, 2)), jnp.ones((1, 2), bool)
  wrong = -50 * jnp.ones((1, 3)), jnp.ones((1, 3), bool)
  np.testing.assert_allclose(
    ranking.exponential_ratio(*sure, *wrong),
    [-1 - math.log(2 / 3)],
    rtol=1e-6,
  )


def test_the_denominator_holds_negatives_alone():
  # With the positives in it too, the loss could not be negative.
  one = jnp.ones((1, 1), bool)
  loss = ranking.exponential_ratio(
    jnp.full((1, 1), 3.0), one, jnp.full((1, 1), -3.0), one
  )
  expected = _sigmoid(-3.0) - _sigmoid(3.0)
  assert expected < 0
  np.testing.assert_allclose(loss, [expected], rtol=1e-5)


def test_binary_cross_entropy_by_hand():
  positive = jnp.array([[0.0, 0.0, 7.0]])
  negative = jnp.array([[0.0]])
  valid = jnp.array([[True, True, False]])
  np.testing.assert_allclose(
    ranking.binary_cross_entropy(
      positive, valid, negative, jnp.ones((1, 1), bool)
    ),
    [2 * math.log(2)],
    rtol=1e-6,
  )


@pytest.mark.parametrize('hole', [0.0, 40.0, -40.0])
@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize(
  ('loss', 'reference'),
  [
    (ranking.exponential_ratio, _exponential_ratio),
    (ranking.binary_cross_entropy, _binary_cross_entropy),
  ],
)
def test_losses_equal_a_loop_over_ragged_lists(loss, reference, seed, hole):
  positive, negative = _ragged(seed)
  np.testing.assert_allclose(
    loss(*_pack(positive, 6, hole), *_pack(negative, 5, hole)),
    [reference(*row) for row in zip(positive, negative)],
    rtol=1e-4,
    atol=1e-5,
  )


@pytest.mark.parametrize('loss', _LOSSES)
def test_finite_differences(loss):
  positive, negative = _ragged(5)
  positive, positive_valid = _pack(positive, 6, 0.0)
  negative, negative_valid = _pack(negative, 5, 0.0)
  test_util.check_grads(
    lambda x, y: loss(x, positive_valid, y, negative_valid),
    (positive, negative),
    1,
    ['rev'],
    1e-2,
    1e-2,
    1e-2,
  )


@pytest.mark.parametrize('loss', _LOSSES)
@pytest.mark.parametrize('num_negatives', [0, 2])
def test_a_missing_side_stays_finite(loss, num_negatives):
  positive = jnp.array([[1.0, -1.0], [2.0, 0.5]])
  negative = jnp.ones((2, num_negatives))

  def total(positive, negative):
    return jnp.sum(
      loss(
        positive,
        jnp.array([[True, False], [False, False]]),
        negative,
        jnp.zeros((2, num_negatives), bool),
      )
    )

  value, grads = jax.value_and_grad(total, (0, 1))(positive, negative)
  assert np.isfinite(value)
  assert all(np.all(np.isfinite(grad)) for grad in grads)


@pytest.mark.parametrize('loss', _LOSSES)
def test_far_logits_stay_finite(loss):
  far, both = jnp.array([[1e4, -1e4]]), jnp.ones((1, 2), bool)
  grads = jax.grad(
    lambda x, y: jnp.sum(loss(x, both, y, both)), argnums=(0, 1)
  )(far, far)
  assert all(np.all(np.isfinite(grad)) for grad in grads)


@pytest.mark.parametrize('loss', _LOSSES)
def test_positives_rise_and_negatives_fall(loss):
  positive, negative = jnp.array([[0.3, -1.0]]), jnp.array([[0.8, 0.0, -2.0]])
  up, down = jax.grad(
    lambda x, y: jnp.sum(
      loss(x, jnp.ones((1, 2), bool), y, jnp.ones((1, 3), bool))
    ),
    argnums=(0, 1),
  )(positive, negative)
  assert np.all(up < 0)
  assert np.all(down > 0)
