"""Trains methods beside one another and tests their differences.

  python -m distill_jax.compare --gin_file=tables/tiny.gin \
    --gin.RESULTS_DIR=/tmp/table

Every method is trained with every seed, each run in a process of its own. The
same command goes on where it was stopped and makes no run twice. RESULTS_DIR
receives runs/, comparison.json, comparison.md and plots.
"""

import argparse

from distill_jax.cli import entry, loading

_ROOT = 'distill_jax.comparison.grid.Comparison'


def main() -> None:
  """The entry."""
  entry.run('compare', __doc__, _compare, _plan, root=_ROOT)


def _compare(comparison, config: str, options: argparse.Namespace) -> None:
  """Makes the runs that are missing, then the table."""
  del options
  from distill_jax.comparison import report, running

  _require_loadable(comparison)
  cells = list(comparison.cells())
  comparison.folder.mkdir(parents=True, exist_ok=True)
  running.run(cells, comparison.at_once)
  print(report.write(comparison, cells, config))


def _plan(comparison, options: argparse.Namespace) -> str:
  """Which runs would be made."""
  del options
  from distill_jax.comparison import running

  _require_loadable(comparison)
  lines = []
  for cell in comparison.cells():
    state = 'there' if running.finished(cell) else 'to do'
    lines.append(
      f'{state}  python -m distill_jax.train {" ".join(cell.arguments)}'
    )
  return '\n'.join(lines)


def _require_loadable(comparison) -> None:
  """Refuses a row whose gin files or bindings are wrong, before any run."""
  for row in comparison.rows:
    bindings = [
      tuple(binding.split('=', 1))
      for binding in (*comparison.bindings, *row.bindings)
    ]
    loading.load(comparison.files(row), bindings, dry_run=True)


if __name__ == '__main__':
  main()
