"""What a difference between two methods is worth, over seeds and questions.

Every method is trained with the same seeds and asked the same questions, so a
method's answers are a table of seeds times questions, and so are differences.
Both seeds and questions are drawn again from those at hand: with few seeds the
intervals are a little too narrow, by sqrt((S - 1) / S) in the part that the
seeds cause.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float

_LEVEL = 0.95
_CHUNK = 500  # draws at once: a draw holds a weight per question


@dataclasses.dataclass(frozen=True, kw_only=True)
class Estimate:
  """A mean with its 95 % interval.

  Attributes:
    mean: over seeds and questions.
    low: lower end.
    high: upper end.
  """

  mean: float
  low: float
  high: float


def mean(
  table: Float[np.ndarray, 'S I'] | Bool[np.ndarray, 'S I'],
  draws: int = 10_000,
  seed: int = 0,
) -> Estimate:
  """Returns the mean of a table with the interval of its redrawn means.

  Args:
    table: a row per seed, a column per question.
    draws: how often seeds and questions are drawn again.
    seed: of the draws.
  """
  means = np.concatenate(list(_redrawn(table, draws, seed)))
  tail = (1 - _LEVEL) / 2
  low, high = np.quantile(means, [tail, 1 - tail])
  return Estimate(mean=float(np.mean(table)), low=float(low), high=float(high))


def p_value(
  differences: Float[np.ndarray, 'S I'], draws: int = 10_000, seed: int = 0
) -> float:
  """Returns how likely so large a mean difference is if there is none.

  Two-sided: the share of redrawn means that lie at least as far from the mean
  as the mean lies from 0, (1 + count) / (1 + draws).

  Args:
    differences: of two methods' answers, by seed and question.
    draws: how often seeds and questions are drawn again.
    seed: of the draws.
  """
  centre = float(np.mean(differences))
  means = np.concatenate(list(_redrawn(differences, draws, seed)))
  # A rounding error must not decide between equal numbers.
  beyond = np.abs(means - centre) >= abs(centre) - 1e-12
  return (1 + int(beyond.sum())) / (1 + draws)


def holm(p_values: Sequence[float]) -> list[float]:
  """Returns p-values corrected for their number, in the order given.

  The smallest of m is multiplied by m, the next by m - 1 and so on; none is
  below one before it, none above 1.

  Reference: S. Holm, Scandinavian Journal of Statistics 6 (1979), 65-70.
  """
  order = np.argsort(p_values, kind='stable')
  corrected, reached = [0.0] * len(p_values), 0.0
  for rank, place in enumerate(order):
    reached = max(reached, min(1.0, (len(order) - rank) * p_values[place]))
    corrected[place] = reached
  return corrected


def _redrawn(
  table: np.ndarray, draws: int, seed: int
) -> Iterator[Float[np.ndarray, ' n']]:
  """Gives the means of tables whose rows and columns were drawn again."""
  rng = np.random.default_rng(seed)
  rows, columns = table.shape
  table = table.astype(np.float64)
  for start in range(0, draws, _CHUNK):
    count = min(_CHUNK, draws - start)
    by_row = rng.multinomial(rows, np.full(rows, 1 / rows), count) / rows
    by_column = rng.multinomial(columns, np.full(columns, 1 / columns), count)
    yield np.sum((by_row @ table) * by_column, axis=1) / columns
