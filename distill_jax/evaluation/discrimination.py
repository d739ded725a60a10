"""How well scores tell good rationales from bad ones."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float


def auc(scores: Float[np.ndarray, ' n'], good: Bool[np.ndarray, ' n']) -> float:
  """Area under the ROC curve: P(a good one scores above a bad one).

  From the ranks of the scores, (R - p(p+1)/2) / (p q) with p good ones, q bad
  ones and R the sum of the good ones' ranks; equal scores share their mean
  rank and so count one half. 0.5 is chance.

  Args:
    scores: larger means better.
    good: which are good in truth.

  Raises:
    ValueError: the good ones or the bad ones are missing.

  Reference: J. A. Hanley and B. J. McNeil, Radiology 143 (1982), 29-36.
  """
  positives = int(np.sum(good))
  negatives = len(good) - positives
  if not positives or not negatives:
    raise ValueError(
      f'the AUC needs good and bad ones, got {positives} and {negatives}'
    )
  total = float(np.sum(_ranks(scores)[good]))
  return (total - positives * (positives + 1) / 2) / (positives * negatives)


def report(
  scores: Sequence[float], good: Sequence[bool], errors: Sequence[str]
) -> dict[str, float]:
  """The AUC over all, and that of each kind of error against all good ones.

  Args:
    scores: larger means better.
    good: which are good in truth.
    errors: the kind of error of each bad one, '' where it is not known; those
      of good ones do not count.

  Returns:
    `auc`, and `auc_KIND` per kind; nothing without both good and bad ones.
  """
  scores, good = np.asarray(scores, float), np.asarray(good, bool)
  if good.all() or not good.any():
    return {}
  found = {'auc': auc(scores, good)}
  kinds = np.asarray(errors)
  for kind in sorted(set(kinds[~good])):
    if kind:
      chosen = good | (kinds == kind)
      found[f'auc_{kind}'] = auc(scores[chosen], good[chosen])
  return found


def _ranks(scores: Float[np.ndarray, ' n']) -> Float[np.ndarray, ' n']:
  """Ranks from 1 for the smallest; equal scores share their mean rank."""
  values, place, counts = np.unique(
    scores, return_inverse=True, return_counts=True
  )
  del values
  last = np.cumsum(counts)
  return (last - (counts - 1) / 2)[place]
