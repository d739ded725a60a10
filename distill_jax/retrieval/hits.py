"""How often a right passage is among the first."""

import math
from collections.abc import Sequence

from distill_jax.retrieval import truth

DEPTHS = (1, 3, 5, 10)


def ranks(
  found: Sequence[Sequence[str]], relevant: Sequence[truth.Ids]
) -> list[float | None]:
  """Rank, from 1, of the first right passage in each list of ids.

  Infinite where there is none, None where nothing is right. A single list is
  held against every set, and a single set against every list; else the first
  list against the first set, and so on.

  `ranks([['a', 'b']], [{'b'}, {'c'}, {}])` is `[2, inf, None]`.
  """
  if len(found) == 1:
    found = list(found) * len(relevant)
  elif len(relevant) == 1:
    relevant = list(relevant) * len(found)
  return [_rank(ids, right) for ids, right in zip(found, relevant, strict=True)]


def share(found: Sequence[float | None], depth: int) -> float:
  """Hits at a depth: the share of ranks up to it, in [0, 1].

  Where nothing is right no rank counts; without any the share is not a number.
  """
  judged = [rank for rank in found if rank is not None]
  if not judged:
    return math.nan
  return sum(rank <= depth for rank in judged) / len(judged)


def report(found: Sequence[float | None]) -> str:
  """The shares at all depths, in a line.

  'hits@1 50.0 %, @3 50.0 %, @5 75.0 %, @10 75.0 % of 4 queries'.
  """
  judged = sum(rank is not None for rank in found)
  if not judged:
    return 'no hits are counted: no query has a right passage'
  shares = ', '.join(
    f'@{depth} {100 * share(found, depth):.1f} %' for depth in DEPTHS
  )
  left_out = len(found) - judged
  without = f'; {left_out:,} without a right passage left out' * bool(left_out)
  return f'hits{shares} of {judged:,} queries{without}'


def _rank(ids: Sequence[str], right: truth.Ids) -> float | None:
  if not right:
    return None
  places = (place for place, id in enumerate(ids, start=1) if id in right)
  return next(places, math.inf)
