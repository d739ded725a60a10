"""Intervals, tests and their correction against other ways to get them."""

import numpy as np
import pytest
from scipy import stats

from distill_jax.comparison import statistics


def _table(seeds: int, questions: int, p: float, seed: int = 0):
  rng = np.random.default_rng(seed)
  return rng.random((seeds, questions)) < p


def test_a_mean_that_never_changes_has_no_width():
  found = statistics.mean(np.ones((5, 40), bool))
  assert (found.mean, found.low, found.high) == (1.0, 1.0, 1.0)


def test_redrawn_means_are_those_of_a_loop():
  table = _table(3, 7, 0.5).astype(float)
  rng = np.random.default_rng(4)
  slow = []
  for _ in range(40_000):
    rows, columns = rng.integers(0, 3, 2), rng.integers(0, 7, 7)
    slow.append(table[rows][:, columns].mean())
  fast = np.concatenate(list(statistics._redrawn(table, 40_000, 0)))
  assert fast.std() == pytest.approx(np.std(slow), rel=0.02)
  assert fast.mean() == pytest.approx(np.mean(slow), abs=0.005)


def test_seeds_alone_are_the_paired_t_test():
  # All questions alike: what is left is a t test over five seeds.
  by_seed = np.random.default_rng(5).normal(0.02, 0.02, 5)
  table = np.repeat(by_seed[:, None], 40, axis=1)
  found = statistics.p_value(table, draws=100_000)
  assert found == pytest.approx(stats.ttest_1samp(by_seed, 0).pvalue, rel=0.03)
  half = stats.t.isf(0.025, 4) * by_seed.std(ddof=1) / np.sqrt(5)
  estimate = statistics.mean(table, draws=100_000)
  # A redrawn mean of four values has lighter tails than a normal one.
  assert estimate.high - estimate.low == pytest.approx(2 * half, rel=0.1)


def test_degrees_of_freedom_by_hand():
  # Rows' means 1, 3; columns' means 1, 2, 3: variances 2 and 1.
  table = np.array([[0.0, 1.0, 2.0], [2.0, 3.0, 4.0]])
  expected = (2 / 2 + 1 / 3) ** 2 / ((2 / 2) ** 2 / 1 + (1 / 3) ** 2 / 2)
  assert statistics._degrees(table) == pytest.approx(expected)


def test_one_seed_is_the_binomial_interval():
  table = _table(1, 400, 0.7)
  p = table.mean()
  half = 1.96 * np.sqrt(p * (1 - p) / 400)
  found = statistics.mean(table)
  assert found.low == pytest.approx(p - half, abs=0.006)
  assert found.high == pytest.approx(p + half, abs=0.006)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
  # Questions differ in how hard they are; seeds are independent given them.
  rng = np.random.default_rng(0)
  hits = 0
  for repeat in range(200):
    hard = rng.random(150)
    table = rng.random((8, 150)) < hard
    found = statistics.mean(table, draws=500, seed=repeat)
    hits += found.low <= 0.5 <= found.high
  assert 0.90 <= hits / 200 <= 1.0


def test_p_value_is_near_that_of_the_paired_t_test():
  rng = np.random.default_rng(1)
  for shift in (0.0, 0.02, 0.06):
    differences = rng.normal(shift, 0.5, (1, 2000))
    found = statistics.p_value(differences, draws=20_000)
    expected = stats.ttest_1samp(differences[0], 0).pvalue
    assert found == pytest.approx(expected, abs=0.03)


def test_no_difference_at_all_is_no_evidence():
  assert statistics.p_value(np.zeros((5, 30))) == 1.0


def test_null_differences_are_rejected_about_as_rarely_as_they_should():
  rng = np.random.default_rng(2)
  p_values = [
    statistics.p_value(
      (rng.random((10, 200)) < 0.6).astype(float)
      - (rng.random((10, 200)) < 0.6),
      draws=400,
      seed=repeat,
    )
    for repeat in range(300)
  ]
  assert np.mean(np.array(p_values) <= 0.05) < 0.08


def test_seeds_that_scatter_are_no_evidence_either():
  rng = np.random.default_rng(3)
  p_values = [
    statistics.p_value(
      rng.normal(0, 0.05, (5, 1)) + rng.normal(0, 0.3, (5, 300)),
      draws=400,
      seed=repeat,
    )
    for repeat in range(400)
  ]
  assert np.mean(np.array(p_values) <= 0.05) < 0.075


def test_holm_by_hand():
  # 0.01 * 4; 0.02 * 3; max(0.06, 0.03 * 2); max(0.06, 0.04).
  found = statistics.holm([0.04, 0.01, 0.03, 0.02])
  np.testing.assert_allclose(found, [0.06, 0.04, 0.06, 0.06])
  assert statistics.holm([0.9, 0.8]) == [1.0, 1.0]
  assert statistics.holm([]) == []
