"""The files of a comparison that is complete."""

import json
import pathlib
from collections.abc import Sequence

from distill_jax.comparison import grid, plots, running, table


def write(
  comparison: grid.Comparison, cells: Sequence[grid.Cell], config: str
) -> str:
  """Writes comparison.json, comparison.md and plots; returns the table.

  Args:
    comparison: whose runs are all there.
    cells: its runs.
    config: the gin text that it was built from.
  """
  lines = table.lines(comparison, cells)
  text = table.markdown(comparison, lines)
  said = {
    'config': config,
    'baseline': comparison.baseline,
    'seeds': list(comparison.seeds),
    'lines': [line.to_json() for line in lines],
    'seconds': {str(cell.folder): running.seconds(cell) for cell in cells},
  }
  _write(comparison.folder / 'comparison.json', json.dumps(said, indent=2))
  _write(comparison.folder / 'comparison.md', text)
  plots.write(comparison.folder, lines)
  return text


def _write(path: pathlib.Path, text: str) -> None:
  aside = path.with_name(f'.{path.name}')
  aside.write_text(text + '\n', encoding='utf-8')
  aside.replace(path)
