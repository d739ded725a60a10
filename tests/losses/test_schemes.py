"""Which rationales a scheme takes, and what share each has."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax.losses import schemes

_NLL = jnp.array([[2.0, 1.0, 4.0, 1.0], [3.0, 0.5, 9.0, 9.0], [1.0] * 4])
_VALID = jnp.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0]], bool)
_ALL = [
  schemes.MinMax(),
  schemes.MaxMin(),
  schemes.Sampling(),
  schemes.Mean(),
  schemes.WeightedMean(),
]


@pytest.mark.parametrize(
  ('scheme', 'positives', 'negatives'),
  [(schemes.MinMax(), [1, 0], [2, 2]), (schemes.MaxMin(), [2, 2], [1, 0])],
)
def test_min_and_max_by_hand(scheme, positives, negatives):
  found = scheme.positives(_NLL, _VALID, None)[:2, 0]
  np.testing.assert_array_equal(found, positives)
  found = scheme.negatives(_NLL, _VALID, None)[:2, 0]
  np.testing.assert_array_equal(found, negatives)


def test_ties_go_to_the_first():
  tied = jnp.array([[2.0, 1.0, 1.0, 2.0]])
  valid = tied > 0
  assert schemes.MinMax().positives(tied, valid, None) == 1
  assert schemes.MinMax().negatives(tied, valid, None) == 0


@pytest.mark.parametrize('kind', ['positives', 'negatives'])
def test_sampling_draws_every_valid_one_alike(kind):
  draw = jax.jit(
    jax.vmap(lambda rng: getattr(schemes.Sampling(), kind)(_NLL, _VALID, rng))
  )
  places = np.asarray(draw(jax.random.split(jax.random.key(0), 4000)))[..., 0]
  counts = [np.bincount(column, minlength=4) for column in places.T]
  # Four standard deviations of 4,000 draws at 1/4, and at 1/2.
  np.testing.assert_allclose(counts[0], [1000] * 4, atol=110)
  np.testing.assert_allclose(counts[1], [2000, 0, 2000, 0], atol=127)


@pytest.mark.parametrize('scheme', [schemes.Mean(), schemes.WeightedMean()])
def test_means_take_all(scheme):
  for found in (
    scheme.positives(_NLL, _VALID, None),
    scheme.negatives(_NLL, _VALID, None),
  ):
    np.testing.assert_array_equal(found, [[0, 1, 2, 3]] * 3)


@pytest.mark.parametrize('scheme', _ALL)
def test_shares_of_nothing_are_zero_and_no_slots_have_no_places(scheme):
  shares = scheme.shares(jnp.zeros((3, 4)), jnp.zeros((3, 4), bool))
  np.testing.assert_array_equal(shares, np.zeros((3, 4)))
  none = jnp.zeros((3, 0))
  for kind in (scheme.positives, scheme.negatives):
    assert kind(none, none > 0, None).shape == (3, 0)


def test_shares_by_hand():
  quality = jnp.array([[0.2, 0.6, 0.8, 0.0], [0.5, 1.0, 0.0, 1.0]])
  valid = _VALID[:2]
  one = schemes.MinMax().shares(quality, valid)
  np.testing.assert_array_equal(one, valid.astype(np.float32))
  np.testing.assert_allclose(
    schemes.Mean().shares(quality, valid), [[0.25] * 4, [0.5, 0, 0.5, 0]]
  )
  # sum_j w_j s_j x_j is the mean of x with s for weights.
  shares = schemes.WeightedMean().shares(quality, valid)
  values = jnp.array([[1.0, 2.0, 3.0, 4.0], [7.0, 0.0, 5.0, 0.0]])
  np.testing.assert_allclose(
    jnp.sum(shares * quality * values, 1),
    [np.average(values[0], weights=quality[0]), 7.0],
    rtol=1e-6,
  )


def test_a_weighted_mean_of_worthless_ones_is_zero():
  quality, valid = jnp.zeros((1, 3)), jnp.ones((1, 3), bool)
  shares = schemes.WeightedMean().shares(quality, valid)
  assert np.all(np.isfinite(shares))
  assert not np.any(shares * quality)
