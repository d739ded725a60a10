"""Counts what devices send each other in a step, from the compiled program.

  python -m benchmarks.communication --model t5_small

Eight devices that do not exist (XLA's host platform) share a DSS step along a
mesh of data x model. Each collective operation counts with the bytes of its
result on one device: gradients that are summed over `data`, activations that
are summed or gathered over `model`. Layers are unrolled, as in the run files of
models of this size. Rows are full, in the rooms that a run gives such a batch.
"""

import jax
import numpy as np

from benchmarks import batches, jax_steps, networks, report
from distill_jax.training import communication, partition, phases
from distill_jax.training import step as step_lib

_MESHES = ((8, 1), (4, 2), (2, 4))
_MIB = 2**20


def main() -> None:
  """Prints the table, and writes it as JSON."""
  parser = report.parser(__doc__, 'communication', rounds=None)
  parser.add_argument('--model', choices=networks.NAMES, default='t5_small')
  parser.add_argument('--batch', type=int, default=64)
  parser.add_argument('--dtype', default='float32')
  options = parser.parse_args()
  jax.config.update('jax_platforms', 'cpu')
  jax.config.update('jax_num_cpu_devices', 8)
  written = report.Report(options)
  rows = []
  for data, model in _MESHES:
    program = _program(options, partition.Mesh(data=data, model=model))
    moved = communication.results(communication.counted(program))
    row = {'data': data, 'model': model}
    row |= {
      kind: moved[kind] / _MIB for kind in communication.KINDS if moved[kind]
    }
    row |= {kind: 0.0 for kind in communication.KINDS if kind not in row}
    rows.append(row | {'all, MiB': sum(moved.values()) / _MIB})
  order = list(rows[0])
  rows = [{name: row[name] for name in order} for row in rows]
  written.rows(f'DSS step of {options.model}, MiB a device', rows)


def _program(options, mesh: partition.Mesh) -> str:
  """Returns the text of the compiled step."""
  c = networks.config(options.model, dtype=options.dtype)
  devices = mesh.build()
  own = partition.abstract_parameters(devices, networks.student(c))
  update = phases.Update(
    network='student',
    objective=jax_steps.objective('dss', c),
    optimizer=jax_steps.OPTIMIZER,
  )
  transform = jax_steps.OPTIMIZER.build(1)
  moments = partition.init_optimizer(devices, transform, own)
  places = jax.tree.map(lambda x: x.sharding, (own, moments))
  step = step_lib.make(update, transform, 1, places)
  filled = batches.filled(batches.full(options.batch), devices.shape['data'])
  batch = partition.put_batch(devices, filled)
  rest = jax.random.key(0), np.uint32(0), np.float32(1)
  lowered = step.lower(own, moments, {'critic': {}}, batch, *rest)
  return lowered.compile().as_text()


if __name__ == '__main__':
  main()
