"""Calibration error by hand, and against a loop."""

import numpy as np
import pytest

from distill_jax.evaluation import calibration


def test_by_hand():
  # Bin (0.8, 0.9]: 0.85 and 0.9, one right: |0.5 - 0.875| * 2 / 4.
  # Bin (0.2, 0.3]: 0.3, right: |1 - 0.3| / 4. Bin (0, 0.1]: 0, wrong: 0.
  found = calibration.expected_error(
    [0.85, 0.9, 0.3, 0.0], [True, False, True, False]
  )
  assert found == pytest.approx(0.375 / 2 + 0.7 / 4)


def test_against_a_loop():
  rng = np.random.default_rng(0)
  sure = rng.random(500)
  right = rng.random(500) < sure**2
  slow = 0.0
  for low in np.arange(15) / 15:
    inside = (sure > low) & (sure <= low + 1 / 15)
    if inside.any():
      gap = abs(right[inside].mean() - sure[inside].mean())
      slow += gap * inside.mean()
  assert calibration.expected_error(sure, right, bins=15) == pytest.approx(slow)


def test_ends():
  assert calibration.expected_error([1.0, 1.0], [True, True]) == 0.0
  assert calibration.expected_error([1.0], [False]) == 1.0
  assert calibration.expected_error([1.0 + 1e-12], [True]) < 1e-9
  for bad in (([], []), ([0.5], [True, False])):
    with pytest.raises(ValueError, match='as many confidences as answers'):
      calibration.expected_error(*bad)
