"""Times the compilation of a training step, layers unrolled against scanned.

  python -m benchmarks.compiling --model t5_base --rounds 5

The step is that of DSS at the usual lengths. Nothing is run, no array is made,
and no program comes from a cache: jax's own is emptied before every round.
"""

import time

import jax
import numpy as np

from benchmarks import batches, jax_steps, machine, networks, report
from distill_jax.training import phases
from distill_jax.training import step as step_lib


def main() -> None:
  """Prints the table, and writes it as JSON."""
  parser = report.parser(__doc__, 'compiling')
  parser.add_argument('--model', choices=networks.NAMES, default='t5_base')
  parser.add_argument('--batch', type=int, default=8)
  parser.add_argument('--method', choices=('finetune', 'dss'), default='dss')
  parser.add_argument('--dropout', type=float, default=0.1)
  options = parser.parse_args()
  jax.config.update('jax_enable_compilation_cache', False)
  written = report.Report(options, machine.accelerated())
  # In turn, so that a machine that slows down slows both.
  found = {'whole': {}, 'trace': {}, 'compile': {}}
  for _ in range(options.rounds):
    for name, scan in {'scanned': True, 'unrolled': False}.items():
      traced, compiled = _timed(options, scan)
      found['trace'].setdefault(name, []).append(traced)
      found['compile'].setdefault(name, []).append(compiled)
      found['whole'].setdefault(name, []).append(traced + compiled)
  for part, seconds in found.items():
    title = f'{options.method} step of {options.model}: {part}'
    written.add(title, seconds, part=part)


def _timed(options, scan: bool) -> tuple[float, float]:
  """Returns the seconds of tracing and lowering, and of compiling."""
  jax.clear_caches()
  c = networks.config(
    options.model,
    dropout_rate=options.dropout,
    dtype=networks.usual_dtype(),
    scan_layers=scan,
  )
  student = networks.student(c)
  update = phases.Update(
    network='student',
    objective=jax_steps.objective(options.method, c),
    optimizer=jax_steps.OPTIMIZER,
  )
  transform = jax_steps.OPTIMIZER.build(1)
  params = jax.eval_shape(student.init, jax.random.key(0))
  optimizer = jax.eval_shape(transform.init, params)
  step = step_lib.make(update, transform)
  began = time.perf_counter()
  lowered = step.lower(
    *(params, optimizer, {'critic': {}}, batches.full(options.batch)),
    *(jax.random.key(0), np.uint32(0), np.float32(1)),
  )
  traced = time.perf_counter()
  lowered.compile()
  return traced - began, time.perf_counter() - traced


if __name__ == '__main__':
  main()
