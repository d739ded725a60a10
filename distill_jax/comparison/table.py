"""The table of a comparison: means, intervals, and tests against a baseline."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from distill_jax.comparison import grid, results, statistics

_CAPTION = """\
Accuracy in %, mean over the seeds {seeds}; sd is their standard deviation.
The intervals are of 95 %, over {over}. A difference is to "{baseline}", on the
same seeds and questions; p is two-sided, corrected by Holm over all tests of a
split.
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
  """One method on one test split, with one share of the data.

  Attributes:
    split: the test split.
    row: the method.
    share: of the training data; None where it is not varied.
    seeds: number of runs.
    accuracies: of each seed.
    deviation: standard deviation over seeds (n - 1); None for one seed.
    accuracy: mean, and interval over seeds and questions.
    difference: to the baseline on the same seeds and questions; None for the
      baseline itself.
    p_value: of that difference, not corrected; None for the baseline.
    corrected: by Holm over all tests of the split; None for the baseline.
  """

  split: str
  row: str
  share: float | None
  seeds: int
  accuracies: tuple[float, ...]
  deviation: float | None
  accuracy: statistics.Estimate
  difference: statistics.Estimate | None = None
  p_value: float | None = None
  corrected: float | None = None

  def to_json(self) -> dict[str, Any]:
    """Returns the line as JSON has it."""
    return dataclasses.asdict(self)


def lines(
  comparison: grid.Comparison, cells: Sequence[grid.Cell]
) -> list[Line]:
  """Returns the lines of all splits, in the order of the comparison."""
  found = []
  for split, tables in results.read(comparison, cells).items():
    found += _corrected(list(_lines(comparison, split, tables)))
  return found


def _lines(
  comparison: grid.Comparison, split: str, tables: results.Tables
) -> Iterator[Line]:
  for share in comparison.shares or (None,):
    baseline = tables[comparison.baseline, share]
    for row in comparison.rows:
      table = tables[row.name, share]
      line = _line(split, row.name, share, table)
      if row.name == comparison.baseline:
        yield line
        continue
      differences = table.astype(float) - baseline
      yield dataclasses.replace(
        line,
        difference=_within(statistics.mean(differences), -1.0),
        p_value=statistics.p_value(differences),
      )


def _line(split: str, row: str, share: float | None, table: np.ndarray) -> Line:
  accuracies = table.mean(axis=1)
  several = len(accuracies) > 1
  return Line(
    split=split,
    row=row,
    share=share,
    seeds=len(accuracies),
    accuracies=tuple(accuracies.tolist()),
    deviation=float(accuracies.std(ddof=1)) if several else None,
    accuracy=_within(statistics.mean(table), 0.0),
  )


def _within(estimate: statistics.Estimate, least: float) -> statistics.Estimate:
  """Returns an estimate with its interval cut to what is possible."""
  low, high = max(estimate.low, least), min(estimate.high, 1.0)
  return dataclasses.replace(estimate, low=low, high=high)


def _corrected(found: list[Line]) -> list[Line]:
  """Returns the lines with p-values corrected for the number of tests."""
  tested = [line for line in found if line.p_value is not None]
  values = iter(statistics.holm([line.p_value for line in tested]))
  return [
    line
    if line.p_value is None
    else dataclasses.replace(line, corrected=next(values))
    for line in found
  ]


def markdown(comparison: grid.Comparison, found: Sequence[Line]) -> str:
  """Returns the lines as a table for a reader, a split after another."""
  seeds = ', '.join(map(str, comparison.seeds))
  over = 'seeds and questions'
  if len(comparison.seeds) == 1:
    over = 'questions: one seed says nothing of others'
  parts = [
    _CAPTION.format(seeds=seeds, baseline=comparison.baseline, over=over)
  ]
  for split in dict.fromkeys(line.split for line in found):
    parts.append(f'## {split}\n')
    parts.append(_head(comparison))
    parts += [_row(comparison, line) for line in found if line.split == split]
    parts.append('')
  return '\n'.join(parts)


def _head(comparison: grid.Comparison) -> str:
  names = ['method', 'accuracy', 'sd', '95 %', 'difference', '95 %', 'p']
  if comparison.shares:
    names.insert(1, 'share')
  return f'| {" | ".join(names)} |\n|{"---|" * len(names)}'


def _row(comparison: grid.Comparison, line: Line) -> str:
  percent = lambda value: f'{100 * value:.1f}'
  signed = lambda value: f'{100 * value:+.1f}'
  cells = [line.row]
  if comparison.shares:
    cells.append(f'{line.share:.0%}')
  cells += [
    percent(line.accuracy.mean),
    '' if line.deviation is None else percent(line.deviation),
    f'{percent(line.accuracy.low)} to {percent(line.accuracy.high)}',
  ]
  if line.difference is None:
    cells += ['', '', '']
  else:
    cells += [
      signed(line.difference.mean),
      f'{signed(line.difference.low)} to {signed(line.difference.high)}',
      '< 0.001' if line.corrected < 0.001 else f'{line.corrected:.3f}',
    ]
  return f'| {" | ".join(cells)} |'
