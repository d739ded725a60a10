"""The critic's losses against hand numbers and a loop over ragged lists."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import test_util

from distill_jax.losses import ranking

_ROWS, _POSITIVES, _NEGATIVES = 8, 6, 5  # one shape: compiled once per loss
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


@functools.partial(jax.jit, static_argnums=0)
def _compiled(loss, positive, positive_valid, negative, negative_valid):
  found, pullback = jax.vjp(
    lambda x, y: loss(x, positive_valid, y, negative_valid), positive, negative
  )
  return found, pullback(np.ones(len(positive), np.float32))


def _packed(rows, width, hole=0.0):
  values = np.full((_ROWS, width), hole, np.float32)
  valid = np.zeros((_ROWS, width), bool)
  for i, row in enumerate(rows):
    values[i, : len(row)], valid[i, : len(row)] = row, True
  return jnp.asarray(values), jnp.asarray(valid)


def _found(loss, positive, negative, hole=0.0):
  """Returns losses and their gradients of ragged lists of logits."""
  return _compiled(
    loss,
    *_packed(positive, _POSITIVES, hole),
    *_packed(negative, _NEGATIVES, hole),
  )


def _ragged(seed):
  rng = np.random.default_rng(seed)
  lists = lambda most: [
    list(rng.normal(0, 2, n)) for n in rng.integers(1, most + 1, _ROWS)
  ]
  return lists(_POSITIVES), lists(_NEGATIVES)


def test_exponential_ratio_by_hand():
  losses, _ = _found(
    ranking.exponential_ratio,
    [[0.0, 0.0], [50.0, 50.0]],
    [[0.0, 0.0, 0.0], [-50.0, -50.0, -50.0]],
  )
  # s = 1/2 everywhere: -log(2 / 3). s_pos = 1, s_neg = 0: the floor.
  expected = [math.log(1.5), -1 - math.log(2 / 3)]
  np.testing.assert_allclose(losses[:2], expected, rtol=1e-6)


def test_the_denominator_holds_negatives_alone():
  # With the positives in it too, the loss could not be negative.
  losses, _ = _found(ranking.exponential_ratio, [[3.0]], [[-3.0]])
  expected = _sigmoid(-3.0) - _sigmoid(3.0)
  assert expected < 0
  np.testing.assert_allclose(losses[0], expected, rtol=1e-5)


def test_binary_cross_entropy_by_hand():
  losses, _ = _found(ranking.binary_cross_entropy, [[0.0, 0.0]], [[0.0]], 7.0)
  np.testing.assert_allclose(losses[0], 2 * math.log(2), rtol=1e-6)


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
  losses, _ = _found(loss, positive, negative, hole)
  np.testing.assert_allclose(
    losses,
    [reference(*row) for row in zip(positive, negative)],
    rtol=1e-4,
    atol=1e-5,
  )


@pytest.mark.parametrize('loss', _LOSSES)
def test_finite_differences(loss):
  positive, negative = _ragged(5)
  positive, positive_valid = _packed(positive, _POSITIVES)
  negative, negative_valid = _packed(negative, _NEGATIVES)
  function = jax.jit(lambda x, y: loss(x, positive_valid, y, negative_valid))
  test_util.check_grads(
    function, (positive, negative), 1, ['rev'], 1e-2, 1e-2, 1e-2
  )


@pytest.mark.parametrize('loss', _LOSSES)
def test_a_missing_side_stays_finite(loss):
  losses, grads = _found(loss, [[1.0], [], []], [[], [2.0], []], hole=1.0)
  assert np.all(np.isfinite(losses))
  assert all(np.all(np.isfinite(grad)) for grad in grads)


@pytest.mark.parametrize('loss', _LOSSES)
def test_no_slots_for_negatives_stay_finite(loss):
  positive = np.ones((2, 3), np.float32)
  negative = np.ones((2, 0), np.float32)
  losses, grads = _compiled(
    loss, positive, positive > 0, negative, negative > 0
  )
  assert np.all(np.isfinite(losses))
  assert np.all(np.isfinite(grads[0]))


@pytest.mark.parametrize('loss', _LOSSES)
def test_far_logits_stay_finite(loss):
  losses, grads = _found(loss, [[1e4, -1e4]], [[1e4, -1e4]])
  assert np.all(np.isfinite(losses))
  assert all(np.all(np.isfinite(grad)) for grad in grads)


@pytest.mark.parametrize('loss', _LOSSES)
def test_positives_rise_and_negatives_fall(loss):
  _, (up, down) = _found(loss, [[0.3, -1.0]], [[0.8, 0.0, -2.0]])
  assert np.all(up[0, :2] < 0)
  assert np.all(down[0, :3] > 0)
  assert not np.any(up[0, 2:])
  assert not np.any(down[0, 3:])
