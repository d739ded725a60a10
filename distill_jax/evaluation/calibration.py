"""Whether a student is as sure as it is right."""

from collections.abc import Sequence

import numpy as np


def expected_error(
  confidences: Sequence[float], correct: Sequence[bool], bins: int = 10
) -> float:
  """Returns the expected calibration error, in [0, 1].

  sum_b n_b / n * |accuracy_b - confidence_b| over bins of equal width of the
  confidence; a bin holds its upper end.

  Reference: C. Guo et al., arXiv:1706.04599, eq. 3.

  Args:
    confidences: in [0, 1], one per answer.
    correct: whether the answer was right.
    bins: number of bins.

  Raises:
    ValueError: for no answer at all, or lists of different lengths.
  """
  if len(confidences) != len(correct) or not len(correct):
    raise ValueError(
      'expected_error needs as many confidences as answers and at least one, '
      f'got {len(confidences)} and {len(correct)}'
    )
  sure, right = np.asarray(confidences, float), np.asarray(correct, float)
  # A rounding error must not lift 1 into a bin of its own.
  places = np.clip(np.ceil(sure * bins - 1e-9) - 1, 0, bins - 1).astype(int)
  gaps = np.bincount(places, weights=right - sure, minlength=bins)
  return float(np.abs(gaps).sum() / len(sure))
