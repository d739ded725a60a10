"""Counts how many of the tokens that a step works on are real.

  python -m benchmarks.filling

Batches of a run on real data, with the rooms that the run gives them: for
distilling step-by-step, one rationale per question; for QCRD, 4 positives and 2
negatives, all candidates and those it learns from, of which it is known on the
device alone which they are. Here those are drawn. On eight devices each has an
eighth of the questions. Nothing is timed.
"""

from collections.abc import Sequence

import numpy as np

from benchmarks import batches, report, timing
from distill_jax import batch as batch_lib
from distill_jax.data import candidates, loader, rooms, source


def main() -> None:
  """Prints the table, and writes it as JSON."""
  parser = report.parser(__doc__, 'filling', rounds=None)
  parser.add_argument('--batch', type=int, default=64)
  parser.add_argument('--steps', type=int, default=200)
  options = parser.parse_args()
  written = report.Report(options)
  rows = []
  for task in ('svamp', 'cqa'):
    try:
      data = batches.data(task)
    except timing.Missing as reason:
      print(reason)
      continue
    for parts in (1, 8):
      rows.append(_row(task, data, options, parts))
  if rows:
    written.rows('Step-by-step', rows)
  try:
    written.rows('QCRD', [_qcrd(options)])
  except timing.Missing as reason:
    print(f'QCRD is left out: {reason}')


def _row(task: str, data: source.Source, options, parts: int) -> dict:
  """Returns the shares of a data set's batches of step-by-step."""
  split = data.open('train')
  found = loader.Loader(
    split=split, batch_size=options.batch, candidates=candidates.First()
  )
  fitted = _fitted(found, options.steps, parts)
  real = [_real(one, batches.READ) for one in fitted]
  return {
    'task': task,
    'devices': parts,
    'real tokens': float(
      np.mean([rooms.filled(b, *batches.READ) for b in fitted])
    ),
    'in whole arrays': float(np.mean(real) / _places(fitted[0], batches.READ)),
    'programs': len({one.rooms for one in fitted}),
  }


def _qcrd(options) -> dict:
  """Returns the shares of SVAMP's batches of QCRD, with 13 rationales each."""
  found = loader.Loader(
    split=batches.data('svamp', rationales=None).open('train'),
    batch_size=options.batch,
    candidates=candidates.Voted(positives=4, negatives=2),
  )
  fitted = _fitted(found, options.steps, 1)
  names = (*batches.READ, 'negatives')
  rng = np.random.default_rng(0)
  chosen = [_drawn(one, rng) / one.room('longest').tokens for one in fitted]
  return {
    'all candidates': float(np.mean([rooms.filled(b, *names) for b in fitted])),
    'chosen ones': float(np.mean(chosen)),
    'in whole arrays': float(
      np.mean([_real(one, names) for one in fitted]) / _places(fitted[0], names)
    ),
    'programs': len({one.rooms for one in fitted}),
  }


def _fitted(
  found: loader.Loader, steps: int, parts: int
) -> list[batch_lib.Batch]:
  ladder = rooms.Ladder(found, parts=parts)
  return [ladder.fit(found.batch(step)) for step in range(steps)]


def _real(batch: batch_lib.Batch, names: Sequence[str]) -> int:
  """Returns the tokens of a batch in some of its arrays."""
  return sum(int(rooms.counts(batch)[name].sum()) for name in names)


def _places(batch: batch_lib.Batch, names: Sequence[str]) -> int:
  """Returns the places of these arrays, padding included."""
  return sum(getattr(batch, name).size for name in names)


def _drawn(batch: batch_lib.Batch, rng: np.random.Generator) -> int:
  """Returns the tokens of one valid positive and negative of each question."""
  total = 0
  for name in ('positives', 'negatives'):
    valid = getattr(batch, f'{name[:-1]}_valid')
    for row, there in zip(getattr(batch, name), valid):
      if there.any():
        total += np.count_nonzero(row[rng.choice(np.flatnonzero(there))])
  return total


if __name__ == '__main__':
  main()
