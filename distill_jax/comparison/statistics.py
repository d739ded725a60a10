"""What a difference between two methods is worth, over seeds and questions.

Every method is trained with the same seeds and asked the same questions, so a
method's answers are a table of seeds times questions, and so are differences.
Both seeds and questions are drawn again from those at hand. Of S seeds S - 1
are drawn, so that the mean's variance has no bias (J. N. K. Rao and C. F. J.
Wu, JASA 83 (1988), 231-241). That few seeds tell little of how far seeds
scatter is met by Student's t in place of the normal distribution, with the
degrees of freedom of F. E. Satterthwaite, Biometrics Bulletin 2 (1946),
110-114.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float
from scipy import stats

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
  table = table.astype(np.float64)
  centre = float(np.mean(table))
  means = np.concatenate(list(_redrawn(table, draws, seed)))
  tail = (1 - _LEVEL) / 2
  few = stats.t.isf(tail, _degrees(table)) / stats.norm.isf(tail)
  low, high = centre + few * (np.quantile(means, [tail, 1 - tail]) - centre)
  return Estimate(mean=centre, low=float(low), high=float(high))


def p_value(
  differences: Float[np.ndarray, 'S I'], draws: int = 10_000, seed: int = 0
) -> float:
  """Returns how likely so large a mean difference is if there is none.

  Two-sided: by Student's t of the mean over the spread of its redrawn means.

  Args:
    differences: of two methods' answers, by seed and question.
    draws: how often seeds and questions are drawn again.
    seed: of the draws.
  """
  centre = float(np.mean(differences))
  means = np.concatenate(list(_redrawn(differences, draws, seed)))
  spread = float(np.std(means))
  if spread == 0:
    return float(centre == 0)
  return float(2 * stats.t.sf(abs(centre) / spread, _degrees(differences)))


def _degrees(table: Float[np.ndarray, 'S I']) -> float:
  """Returns the degrees of freedom of the variance of a table's mean."""
  rows, columns = table.shape
  parts = [
    (np.var(np.mean(table, axis=1 - axis), ddof=1) / count, count - 1)
    for axis, count in ((0, rows), (1, columns))
    if count > 1
  ]
  whole = sum(part for part, _ in parts)
  if whole == 0:
    return np.inf
  return whole**2 / sum(part**2 / degrees for part, degrees in parts)


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
    drawn = max(rows - 1, 1)
    by_row = rng.multinomial(drawn, np.full(rows, 1 / rows), count) / drawn
    by_column = rng.multinomial(columns, np.full(columns, 1 / columns), count)
    yield np.sum((by_row @ table) * by_column, axis=1) / columns
