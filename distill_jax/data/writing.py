"""Token ids to the arrays of a cache, one example at a time."""

import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

from distill_jax.data import arrays, cached
from distill_jax.data import lengths as lengths_lib
from distill_jax.data import plan as plan_lib


def write(
  examples: Iterable[Mapping[str, Any]],
  folder: pathlib.Path,
  plan: plan_lib.Plan,
) -> dict[str, Any]:
  """Writes the arrays of a split, texts cut to their limits.

  Args:
    examples: per feature the ids of a text, of several for `rationales`; and
      `votes`.
    folder: of the split.
    plan: limits, and the type of the ids on disk.

  Returns:
    `arrays`, the table of the files; and `features`: per feature the number
    of texts, how many were cut, and the longest in tokens.
  """
  counts = {name: _Count(name, plan.lengths) for name in lengths_lib.KIND}
  with arrays.Writer(folder) as writer:
    for name in counts:
      writer.start(name, plan.dtype)
    writer.start('votes', 'int8')
    for example in examples:
      writer.append_row('votes', example['votes'], 'int8')
      for name in cached.FEATURES:
        row = counts[name].fit(example[name])
        writer.append_row(name, row, plan.dtype)
      for rationale in example['rationales']:
        row = counts['rationales'].fit(rationale)
        writer.append_row('rationales', row, plan.dtype)
  return {
    'arrays': writer.table,
    'features': {name: count.facts for name, count in counts.items()},
  }


class _Count:
  """Cuts the texts of one feature to their limit, and counts.

  Attributes:
    facts: number of texts, of cut ones, and the longest in tokens.
  """

  def __init__(self, name: str, lengths: lengths_lib.Lengths):
    self.facts = {'texts': 0, 'cut': 0, 'longest': 0}
    self._limit = lengths.of(name)

  def fit(self, ids: Any) -> Any:
    """Returns the ids within the limit."""
    kept = ids[: self._limit]
    self.facts['texts'] += 1
    self.facts['cut'] += len(kept) < len(ids)
    self.facts['longest'] = max(self.facts['longest'], len(kept))
    return kept
