"""A mean over a batch that was cut into parts."""

import jax
import jax.numpy as jnp
import numpy as np

from distill_jax.losses import mean


def test_value_by_hand():
  term = mean.over(jnp.array([1.0, 2.0, 6.0]), jnp.array([1.0, 0.0, 1.0]))
  assert float(term.value()) == 3.5
  assert term.weight == 0.0


def test_nothing_counted_is_zero():
  term = mean.over(jnp.ones(3), jnp.zeros(3), weight=1.0)
  assert float(term.value()) == 0.0
  assert float(mean.objective({'loss': term})) == 0.0


def test_objective_by_hand():
  terms = {
    'label': mean.over(jnp.array([2.0, 4.0]), jnp.ones(2), weight=0.5),
    'rationale': mean.over(jnp.array([10.0]), jnp.ones(1), weight=0.25),
    'logged': mean.over(jnp.array([1000.0]), jnp.ones(1)),
  }
  assert float(mean.objective(terms)) == 0.5 * 3.0 + 0.25 * 10.0


def test_a_reported_number_has_no_gradient():
  def loss(x):
    return mean.objective({'logged': mean.over(jnp.sqrt(x), jnp.ones(2))})

  # The root's slope at 0 is infinite: a product with weight 0 would be NaN.
  np.testing.assert_array_equal(jax.grad(loss)(jnp.zeros(2)), [0.0, 0.0])


def test_parts_with_the_whole_divisor_sum_to_the_whole():
  values = jnp.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
  weights = jnp.array([1.0, 1.0, 0.0, 1.0, 0.0, 1.0])
  whole = {'loss': mean.over(values, weights, weight=0.5)}
  parts = [
    {'loss': mean.over(values[i:j], weights[i:j], weight=0.5)}
    for i, j in ((0, 1), (1, 5), (5, 6))
  ]
  divisors = {'loss': whole['loss'].count}
  np.testing.assert_allclose(
    sum(mean.objective(part, divisors) for part in parts),
    mean.objective(whole),
  )
  # The mean of the parts' own means is another number.
  assert not np.isclose(
    sum(mean.objective(part) for part in parts) / 3, mean.objective(whole)
  )


def test_means_travel_through_jit_and_add_up():
  make = jax.jit(lambda x: {'loss': mean.over(x, jnp.ones(2), weight=0.5)})
  first, second = make(jnp.array([1.0, 2.0])), make(jnp.array([3.0, 5.0]))
  total = jax.tree.map(jnp.add, first, second)
  assert float(total['loss'].value()) == 11.0 / 4.0
  assert total['loss'].weight == 0.5
