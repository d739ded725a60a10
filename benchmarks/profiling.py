"""Tells where the time of a training step goes, by part and kind.

  python -m benchmarks.profiling --model t5_small --method dss --dropout 0.1

The step is the one of `train_step`. Times are those of jax's profiler: seconds
in which an operation runs, summed. On a CPU several run at once, so the sum can
be larger than the time of a step; an operation that others wait for counts
whole.
"""

import collections
import pathlib
import tempfile
import time

import jax

from benchmarks import (
  batches,
  jax_steps,
  machine,
  networks,
  operations,
  report,
  timing,
)
from distill_jax import batch as batch_lib
from distill_jax.cli import pages

_METHODS = {'finetune': (1, 0), 'dss': (1, 0), 'qcrd': (4, 2)}


def main() -> None:
  """Prints the table, and writes it as JSON."""
  parser = report.parser(__doc__, 'profiling', rounds=3)
  add = parser.add_argument
  add('--model', choices=networks.NAMES, default='t5_small')
  add('--method', choices=tuple(_METHODS), default='dss')
  add('--dropout', type=float, default=0.0)
  add('--batch', type=int, default=8)
  add('--data', choices=('svamp', 'cqa'), help='real rows')
  add('--dtype', choices=('float32', 'bfloat16'))
  options = parser.parse_args()
  if options.data and options.method == 'qcrd':
    parser.error('real rows have one rationale: qcrd goes without --data')
  options.dtype = options.dtype or networks.usual_dtype()
  written = report.Report(options, machine.accelerated())
  c = networks.config(
    options.model, dropout_rate=options.dropout, dtype=options.dtype
  )
  try:
    batch = _batch(options)
  except timing.Missing as reason:
    print(reason)
    return
  trainer = jax_steps.Trainer(networks.student(c))
  objective = jax_steps.objective(options.method, c)
  known = operations.of(trainer.compiled(objective, batch).as_text())
  step = trainer.step(objective, [batch])
  spent, whole = _profiled(step, options.rounds)
  title = f'{options.method} step of {options.model}, {whole:.3f} s'
  written.rows(title, _rows(spent, known))


def _batch(options) -> batch_lib.Batch:
  """Returns what the step works on.

  Raises:
    timing.Missing: if the data cannot be had.
  """
  if options.data:
    (batch,) = batches.several(batches.real(options.data, options.batch), 1)
    return batch
  number = _METHODS[options.method]
  return batches.full(
    options.batch, num_positives=number[0], num_negatives=number[1]
  )


def _profiled(step, rounds: int) -> tuple[dict[str, float], float]:
  """Returns the seconds of each operation, and of a step."""
  step()
  with tempfile.TemporaryDirectory() as folder:
    with jax.profiler.trace(folder):
      began = time.perf_counter()
      for _ in range(rounds):
        step()
      whole = (time.perf_counter() - began) / rounds
    (path,) = pathlib.Path(folder).rglob('*.xplane.pb')
    profile = jax.profiler.ProfileData.from_file(str(path))
    spent = collections.Counter()
    for plane in profile.planes:
      for line in plane.lines:
        for event in line.events:
          name = dict(event.stats).get('hlo_op')
          if name:
            spent[name] += event.duration_ns / 1e9 / rounds
  return spent, whole


def _rows(
  spent: dict[str, float], known: dict[str, operations.Operation]
) -> list[dict[str, object]]:
  """Returns the seconds by part, products apart from all else."""
  parts = collections.defaultdict(lambda: [0.0, 0.0])
  for name, seconds in spent.items():
    if name in known:
      parts[known[name].part][known[name].product] += seconds
  total = sum(map(sum, parts.values()))
  rows = [
    {
      'part': part,
      'products, s': product,
      'all else, s': rest,
      'share, %': 100 * (product + rest) / total,
    }
    for part, (rest, product) in parts.items()
  ]
  rows.sort(key=lambda row: -row['share, %'])
  sums = {
    name: sum(row[name] for row in rows) for name in rows[0] if name != 'part'
  }
  return [*rows, {'part': 'together', **sums}]


if __name__ == '__main__':
  pages.enlarge(__spec__)  # as `train` does
  main()
