r"""Tells how much of a run's time the device waits for the host.

  python -m benchmarks.waiting --gin_file qcrd_tiny.gin --steps 200 \
    --phase 1

A real run, as `train` makes it, is watched from `--skip` steps after the start
of a phase on. A thread waits for every step and notes when it was done; the
device is idle from then until the next one is handed over. Idle time is told by
what the host did meanwhile; while it validates or writes negatives the device
has work of another kind, and negatives are waited for. What it takes
to hand a step over counts as busy. At the end the phase's first update alone is
called again and again on one batch; where there is another update, such as a
discriminator's, a step of the loop holds more.

Other arguments go to `train`, such as `--gin.BATCH_SIZE=8`.
"""

import itertools
import sys
import tempfile

from benchmarks import intervals, machine, report, watching
from distill_jax.cli import pages

_OTHER_WORK = ('validate', 'negatives', 'compile')


def main() -> None:
  """Prints the table, and writes it as JSON."""
  parser = report.parser(__doc__, 'waiting', rounds=None)
  parser.add_argument('--gin_file', default='qcrd_tiny.gin')
  parser.add_argument('--phase', type=int, default=0, help='from 0')
  parser.add_argument('--steps', type=int, default=200)
  parser.add_argument('--skip', type=int, default=20, help='steps of the phase')
  options, others = parser.parse_known_args()
  options.others = others
  written = report.Report(options, machine.accelerated())
  watch = watching.Watch(options.phase, options.skip, options.steps)
  with tempfile.TemporaryDirectory() as folder:
    sys.argv[1:] = [
      f'--gin_file={options.gin_file}',
      f'--gin.MODEL_DIR={folder}/run',
      *others,
    ]
    watch.run()
  rows = [_row(watch)]
  written.rows(f'{options.gin_file}, {options.steps} steps', rows)
  written.rows('seconds in which no step was under way', [_idle(watch)])


def _row(watch: watching.Watch) -> dict[str, float]:
  """Returns the shares, and the time of a step in the loop and alone."""
  found = intervals.busy(watch.steps)
  wall = found[-1][1] - found[0][0]
  empty = intervals.gaps(found)
  # A validation may compile: what lies in both counts once.
  others = (watch.occupied[name] for name in _OTHER_WORK)
  other = intervals.within(
    empty, intervals.union(itertools.chain.from_iterable(others))
  )
  waits = intervals.length(empty) - other
  return {
    'seconds': wall,
    'of steps': wall - other,
    'idle': waits,
    'share idle': waits / (wall - other),
    'a step in the loop': (wall - other) / watch.number,
    'a step alone': watch.alone,
  }


def _idle(watch: watching.Watch) -> dict[str, float]:
  """Returns the time between steps, by what the host did, maybe at once."""
  empty = intervals.gaps(intervals.busy(watch.steps))
  found = {
    name: intervals.within(empty, during)
    for name, during in watch.occupied.items()
  }
  known = intervals.union(
    itertools.chain.from_iterable(watch.occupied.values())
  )
  rest = intervals.length(empty) - intervals.within(empty, known)
  return {**found, 'the loop': rest}


if __name__ == '__main__':
  pages.enlarge(__spec__)  # as `train` does
  main()
