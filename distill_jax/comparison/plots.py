"""Pictures of a comparison, as PNG."""

import itertools
import pathlib
from collections.abc import Sequence

from matplotlib import figure as figure_lib

from distill_jax.comparison import table as table_lib


def write(folder: pathlib.Path, lines: Sequence[table_lib.Line]) -> None:
  """Writes `accuracy_SPLIT.png`, and `shares_SPLIT.png` where shares vary.

  Args:
    folder: of the comparison.
    lines: of its table.
  """
  for split in dict.fromkeys(line.split for line in lines):
    own = [line for line in lines if line.split == split]
    largest = max((line.share or 1.0) for line in own)
    last = [line for line in own if (line.share or 1.0) == largest]
    _save(_by_method(split, last), folder / f'accuracy_{split}.png')
    if len({line.share for line in own}) > 1:
      _save(_by_share(split, own), folder / f'shares_{split}.png')


def _by_method(
  split: str, lines: Sequence[table_lib.Line]
) -> figure_lib.Figure:
  """A point per method with its interval, and one per seed."""
  drawn, axes = _axes(height=0.9 + 0.4 * len(lines))
  places = range(len(lines))
  means = [100 * line.accuracy.mean for line in lines]
  axes.errorbar(
    means,
    places,
    xerr=[
      [100 * (line.accuracy.mean - line.accuracy.low) for line in lines],
      [100 * (line.accuracy.high - line.accuracy.mean) for line in lines],
    ],
    fmt='o',
    color='black',
    capsize=3,
    label='mean, 95 %',
  )
  for place, line in zip(places, lines):
    seeds = [100 * value for value in line.accuracies]
    axes.plot(seeds, [place + 0.2] * len(seeds), '.', color='tab:blue')
  axes.plot([], [], '.', color='tab:blue', label='seeds')
  axes.set_yticks(list(places), [line.row for line in lines])
  axes.invert_yaxis()
  axes.set_xlabel(f'accuracy on {split} / %{_of_share(lines[0].share)}')
  axes.grid(axis='x', alpha=0.3)
  axes.legend(fontsize='small')
  return drawn


def _by_share(split: str, lines: Sequence[table_lib.Line]) -> figure_lib.Figure:
  """A line per method over the share of the training data."""
  drawn, axes = _axes(height=4.0)
  rows = list(dict.fromkeys(line.row for line in lines))
  closest = _closest([100 * line.share for line in lines])
  for place, row in enumerate(rows):
    own = [line for line in lines if line.row == row]
    # Beside one another, so that intervals do not hide intervals.
    aside = (place - (len(rows) - 1) / 2) / len(rows) * closest / 5
    axes.errorbar(
      [100 * line.share + aside for line in own],
      [100 * line.accuracy.mean for line in own],
      yerr=[
        [100 * (line.accuracy.mean - line.accuracy.low) for line in own],
        [100 * (line.accuracy.high - line.accuracy.mean) for line in own],
      ],
      marker='o',
      markersize=4,
      capsize=2,
      linewidth=1,
      label=row,
    )
  axes.set_xticks(sorted({100 * line.share for line in lines}))
  axes.set_xlabel('share of the training data / %')
  axes.set_ylabel(f'accuracy on {split} / %')
  axes.grid(alpha=0.3)
  axes.legend(fontsize='small', loc='center left', bbox_to_anchor=(1, 0.5))
  return drawn


def _of_share(share: float | None) -> str:
  return '' if share is None else f', {share:.0%} of the training data'


def _closest(values: Sequence[float]) -> float:
  """Returns the least distance of two different values."""
  ordered = sorted(set(values))
  return min(b - a for a, b in itertools.pairwise(ordered))


def _axes(height: float):
  """Returns a figure and its axes; no window system is needed."""
  drawn = figure_lib.Figure(figsize=(7.0, height), layout='constrained')
  return drawn, drawn.subplots()


def _save(drawn: figure_lib.Figure, path: pathlib.Path) -> None:
  aside = path.with_name(f'.{path.name}')
  drawn.savefig(aside, format='png', dpi=150)
  aside.replace(path)
