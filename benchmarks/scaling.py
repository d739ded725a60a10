"""Times a step as one size grows: batch, texts, candidates or layers.

  python -m benchmarks.scaling --model t5_small --rounds 5

DSS, but for the candidates, which are QCRD's. Each table holds one size at
several values and the others at their usual ones; a ratio is to the smallest.
"""

import dataclasses

from benchmarks import batches, jax_steps, machine, networks, report, timing
from distill_jax.cli import pages

_BATCH = 8
_FEATURES = {'inputs': 128, 'label': 8, 'rationale': 96}
_VALUES = {
  'batch': (2, 4, 8, 16),
  'inputs': (64, 128, 256, 512),
  'rationale': (32, 64, 96, 192),
  'candidates': (2, 4, 6, 8),
  'layers': (2, 4, 6, 12),
}


def main() -> None:
  """Prints a table for each size, and writes them as JSON."""
  parser = report.parser(__doc__, 'scaling')
  parser.add_argument('--model', choices=networks.NAMES, default='t5_small')
  parser.add_argument('--dropout', type=float, default=0.0)
  parser.add_argument('--dtype', default=networks.usual_dtype())
  parser.add_argument(
    '--size', nargs='+', choices=tuple(_VALUES), default=list(_VALUES)
  )
  options = parser.parse_args()
  written = report.Report(options, machine.accelerated())
  c = networks.config(
    options.model, dtype=options.dtype, dropout_rate=options.dropout
  )
  for size in options.size:
    ways = {f'{size} {value}': _way(c, size, value) for value in _VALUES[size]}
    seconds = timing.alternate(ways, options.rounds)
    written.add(f'step of {options.model} by {size}', seconds, size=size)


def _way(c, size: str, value: int) -> timing.Way:
  """Returns a step with one size at a value of its own."""
  method, features, number = 'dss', dict(_FEATURES), _BATCH
  if size == 'batch':
    number = value
  elif size == 'layers':
    c = dataclasses.replace(
      c, num_encoder_layers=value, num_decoder_layers=value
    )
  elif size == 'candidates':
    method, negatives = 'qcrd', value // 2
    features['num_positives'] = value - negatives
    features['num_negatives'] = negatives
  else:
    features[size] = value
  trainer = jax_steps.Trainer(networks.student(c))
  batch = batches.full(number, **features)
  return trainer.step(jax_steps.objective(method, c), [batch])


if __name__ == '__main__':
  pages.enlarge(__spec__)  # as `train` does
  main()
