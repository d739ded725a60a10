import numpy as np
import pytest

from distill_jax.evaluation import discrimination

metrics = pytest.importorskip('sklearn.metrics')


def test_by_hand():
  # Pairs (good, bad): 3>1, 3>2, 2>1 and 2=2, that is 3.5 of 4.
  scores = np.array([3.0, 2.0, 1.0, 2.0])
  good = np.array([True, True, False, False])
  assert discrimination.auc(scores, good) == 3.5 / 4


@pytest.mark.parametrize('seed', range(20))
def test_equals_scikit_learn_with_ties(seed):
  rng = np.random.default_rng(seed)
  good = rng.random(50) < 0.4
  scores = rng.integers(0, 8, 50) + 2.0 * good
  assert discrimination.auc(scores, good) == pytest.approx(
    metrics.roc_auc_score(good, scores), abs=1e-12
  )


def test_order_of_the_samples_does_not_matter():
  rng = np.random.default_rng(0)
  good, scores = rng.random(30) < 0.5, rng.normal(size=30)
  shuffled = rng.permutation(30)
  assert discrimination.auc(scores, good) == discrimination.auc(
    scores[shuffled], good[shuffled]
  )


def test_one_kind_is_refused():
  with pytest.raises(ValueError, match='got 2 and 0'):
    discrimination.auc(np.array([1.0, 2.0]), np.array([True, True]))


def test_report_compares_each_kind_of_error_with_all_good_ones():
  found = discrimination.report(
    scores=[4, 3, 1, 5, 0],
    good=[True, True, False, False, False],
    errors=['', '', 'slip', 'operation', ''],
  )
  assert found == {'auc': 4 / 6, 'auc_slip': 1.0, 'auc_operation': 0.0}


def test_report_says_nothing_about_one_kind():
  assert discrimination.report([1.0], [True], ['']) == {}
  assert discrimination.report([], [], []) == {}
