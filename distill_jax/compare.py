"""Trains methods beside one another and tests their differences.

  python -m distill_jax.compare --gin_file=tables/tiny.gin \
    --gin.RESULTS_DIR=/tmp/table

Every method is trained with every seed, each run in a process of its own. The
same command goes on where it was stopped and makes no run twice. RESULTS_DIR
receives runs/, comparison.json, comparison.md and plots.
"""

import argparse
import dataclasses
import hashlib

from distill_jax.cli import entry, loading

_ROOT = 'distill_jax.comparison.grid.Comparison'


def main() -> None:
  """The entry."""
  entry.run('compare', __doc__, _compare, _plan, root=_ROOT)


def _compare(comparison, config: str, options: argparse.Namespace) -> None:
  """Makes the runs that are missing, then the table."""
  del options
  from distill_jax.comparison import report, running
  from distill_jax.training import folder

  cells = _cells(comparison)
  with folder.locked(str(comparison.folder)):
    running.run(cells, comparison.at_once)
    reported = [cell for cell in cells if cell.reported]
    print(report.write(comparison, reported, config))


def _plan(comparison, options: argparse.Namespace) -> str:
  """Which runs would be made."""
  del options
  from distill_jax.comparison import running

  lines = []
  for cell in _cells(comparison):
    state = 'there' if running.finished(cell) else 'to do'
    lines.append(
      f'{state}  python -m distill_jax.train {" ".join(cell.arguments)}'
    )
  return '\n'.join(lines)


def _cells(comparison) -> list:
  """Returns the runs; refuses a row that is wrong, before any is made."""
  configs = {row.name: _config(comparison, row) for row in comparison.every_row}
  return [
    dataclasses.replace(cell, config=configs[cell.row])
    for cell in comparison.cells()
  ]


def _config(comparison, row) -> str:
  """Returns a digest of what the gin files of a row come to."""
  bindings = [
    tuple(binding.split('=', 1))
    for binding in (*comparison.bindings, *row.bound('<run of {}>'.format))
  ]
  run, text = loading.load(
    comparison.files(row), bindings, dry_run=True, others=loading.OTHERS
  )
  if row in comparison.before:
    return _digest(text)
  there = run.source.data_set.splits
  for split in comparison.splits:
    if split not in there:
      raise ValueError(
        f'Comparison.splits names {split!r}, which the data of the row '
        f'{row.name!r} do not have; they have {", ".join(there)}.'
      )
  return _digest(text)


def _digest(text: str) -> str:
  return hashlib.sha256(text.encode()).hexdigest()


if __name__ == '__main__':
  main()
