"""Finds the largest batch that fits, with and without rematerialisation.

  python -m benchmarks.memory --model t5_base t5_large --room 80
  python -m benchmarks.memory --compiled

The memory of a step is predicted from its trace, as `--dry_run` of training
does. With `--compiled` the step of that batch is compiled too, for the machine
at hand, and the program's own figures stand beside the prediction; on a GPU
that is the check. A CPU orders a program otherwise than an accelerator, so
there both are asked about a CPU.
"""

import jax
import numpy as np

from benchmarks import batches, jax_steps, machine, networks, report
from distill_jax.training import phases
from distill_jax.training import step as step_lib
from distill_jax.training.memory import need

_GB = 1e9


def main() -> None:
  """Prints the table, and writes it as JSON."""
  parser = report.parser(__doc__, 'memory', rounds=None)
  parser.add_argument(
    '--model',
    nargs='+',
    choices=networks.NAMES,
    default=['t5_base', 't5_large'],
  )
  parser.add_argument('--method', choices=('finetune', 'dss'), default='dss')
  parser.add_argument('--room', type=float, default=80.0, help='GB of a device')
  parser.add_argument('--dtype', default='bfloat16')
  parser.add_argument('--dropout', type=float, default=0.1)
  parser.add_argument('--batch', type=int, help='this one, not the largest')
  parser.add_argument('--compiled', action='store_true')
  options = parser.parse_args()
  written = report.Report(options, machine.accelerated())
  rows = [
    _row(options, model, remat)
    for model in options.model
    for remat in (False, True)
  ]
  written.rows(f'{options.method} step, {options.room:g} GB a device', rows)


def _row(options, model: str, remat: bool) -> dict[str, object]:
  c = networks.config(
    model,
    dtype=options.dtype,
    dropout_rate=options.dropout,
    scan_layers=True,
    remat=remat,
  )
  step = _Step(options, c)
  size = options.batch or step.largest(options.room * _GB)
  needed = step.need(size)
  row = {
    'model': model,
    'remat': remat,
    'batch': size,
    'predicted GB': needed.total / _GB,
    'of it the step': needed.step / _GB,
  }
  if options.compiled:
    row['compiled GB'] = step.compiled(size) / _GB
    row['ratio'] = row['predicted GB'] / row['compiled GB']
  return row


class _Step:
  """The step of a student, whatever the batch.

  Args:
    options: of the command: `method` and `compiled`.
    c: sizes of the network.
  """

  def __init__(self, options, c):
    update = phases.Update(
      network='student',
      objective=jax_steps.objective(options.method, c),
      optimizer=jax_steps.OPTIMIZER,
    )
    transform = jax_steps.OPTIMIZER.build(1)
    own = jax.eval_shape(networks.student(c).init, jax.random.key(0))
    self._state = own, jax.eval_shape(transform.init, own), {'critic': {}}
    self._step = step_lib.make(update, transform)
    self._compiler = None if options.compiled else need.ACCELERATOR

  def need(self, size: int) -> need.Need:
    """Returns what a batch of `size` questions needs."""
    batch = batches.full(size)
    return need.of_step(self._step, *self._state, batch, self._compiler)

  def largest(self, room: float) -> int:
    """Returns the largest batch in `room` bytes, a multiple of 8."""
    low, high = 0, 8
    while self.need(high).total <= room:
      low, high = high, high * 2
    while high - low > 8:
      middle = (low + high) // 16 * 8
      if self.need(middle).total <= room:
        low = middle
      else:
        high = middle
    return low

  def compiled(self, size: int) -> int:
    """Returns the bytes of the compiled program."""
    rest = jax.random.key(0), np.uint32(0), np.float32(1)
    lowered = self._step.lower(*self._state, batches.full(size), *rest)
    memory = lowered.compile().memory_analysis()
    held = memory.argument_size_in_bytes + memory.output_size_in_bytes
    return held + memory.temp_size_in_bytes - memory.alias_size_in_bytes


if __name__ == '__main__':
  main()
