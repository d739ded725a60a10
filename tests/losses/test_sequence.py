"""What token losses are divided by."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax.losses import mean, sequence

# Two questions of 2 and 3 tokens, an empty one, and a row that fills the batch.
_NATS = jnp.array(
  [[1.0, 2.0, 9.0], [3.0, 4.0, 8.0], [9.0, 9.0, 9.0], [7.0, 7.0, 7.0]]
)
_TOKENS = jnp.array([[1.0, 1, 0], [1, 1, 1], [0, 0, 0], [1, 1, 1]])
_WEIGHTS = jnp.array([1.0, 1, 1, 0])


def test_per_sequence_by_hand():
  np.testing.assert_allclose(
    sequence.per_sequence(_NATS, _TOKENS), [1.5, 5.0, 0.0, 7.0]
  )


def test_per_sequence_maps_over_any_leading_axes():
  np.testing.assert_array_equal(
    sequence.per_sequence(_NATS[None], _TOKENS[None])[0],
    sequence.per_sequence(_NATS, _TOKENS),
  )


@pytest.mark.parametrize(
  ('reduction', 'total', 'count'),
  [
    (sequence.token_mean, 1 + 2 + 3 + 4 + 8, 5),
    (sequence.question_mean, 1.5 + 5.0, 2),
    (sequence.question_sum, 3 + 15, 2),
  ],
)
def test_reductions_by_hand(reduction, total, count):
  term = reduction(_NATS, _TOKENS, _WEIGHTS, weight=0.25)
  assert float(term.total) == total
  assert float(term.count) == count
  assert term.weight == 0.25
  np.testing.assert_allclose(term.value(), total / count)


@pytest.mark.parametrize(
  'reduction',
  [sequence.token_mean, sequence.question_mean, sequence.question_sum],
)
def test_nothing_to_count_is_zero_with_a_zero_gradient(reduction):
  def loss(nats):
    term = reduction(nats, jnp.zeros_like(_TOKENS), _WEIGHTS)
    return mean.objective({'loss': term})

  value, grad = jax.value_and_grad(loss)(_NATS)
  assert value == 0.0
  assert not np.any(grad)
