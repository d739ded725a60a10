"""A share of the training questions, to see what more data is worth."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from distill_jax.data import order

ALL = 1.0


def check(share: float) -> None:
  """Raises a ValueError for a share that keeps nothing, or more than all."""
  if not 0 < share <= ALL:
    raise ValueError(
      f'share={share} of the training questions, expected more than 0 and at'
      ' most 1; give 0.25 for a quarter.'
    )


def rows(size: int, share: float, seed: int) -> Int[np.ndarray, ' n']:
  """Returns the rows that a share of a split keeps, in their order.

  A smaller share is contained in a larger one of the same seed: both are the
  beginning of one permutation. At least one row is kept.

  Args:
    size: rows of the split.
    share: of them, above 0 and at most 1.
    seed: of the permutation.
  """
  kept = max(round(share * size), min(size, 1))
  return np.sort(order.permutation(seed, 0, size)[:kept])


def rows_of_questions(
  sizes: Sequence[int], share: float, seed: int
) -> Int[np.ndarray, ' n']:
  """Returns the rows of the questions that a share keeps, in their order.

  Where a question has a row for each of its rationales it is kept with all of
  them, or not at all.

  Args:
    sizes: rows of each question, which follow one another.
    share: of the questions, above 0 and at most 1.
    seed: of the permutation.
  """
  kept = np.zeros(len(sizes), bool)
  kept[rows(len(sizes), share, seed)] = True
  return np.flatnonzero(np.repeat(kept, sizes))
