"""Times writing against transformers' `generate`.

  python -m benchmarks.sampling --model t5_small

64 inputs of 128 tokens, 64 tokens each, greedy and drawn at temperature 1.
Nobody may end early: theirs has a minimal length, ours may write no EOS. The
floor is the matrix products of our way and nothing else, see `products`.
"""

import jax
import numpy as np

from benchmarks import (
  batches,
  endless,
  floor,
  machine,
  networks,
  products,
  report,
  timing,
)
from distill_jax.cli import pages
from distill_jax.models import t5
from distill_jax.students import sampling as sampling_lib


def main() -> None:
  """Prints the tables, and writes them as JSON."""
  parser = report.parser(__doc__, 'sampling')
  parser.add_argument('--model', choices=networks.NAMES, default='t5_small')
  parser.add_argument('--rows', type=int, default=64)
  parser.add_argument('--tokens', type=int, default=64)
  parser.add_argument('--dtype', choices=('float32', 'bfloat16'))
  options = parser.parse_args()
  options.dtype = options.dtype or networks.usual_dtype()
  written = report.Report(options, machine.accelerated())
  c = networks.config(options.model, dtype=options.dtype)
  inputs = batches.full(options.rows).label_inputs
  cases = {
    'greedy': (sampling_lib.Greedy(max_tokens=options.tokens), {}),
    'drawn at temperature 1': (
      sampling_lib.Temperature(max_tokens=options.tokens),
      {'do_sample': True, 'top_k': 0},
    ),
  }
  made = floor.writing(c, products.Texts.full(*inputs.shape), options.tokens)
  alone = products.timed(made, options.dtype)
  for title, (sampling, settings) in cases.items():
    ways = {
      'ours': _ours(c, sampling, inputs),
      'floor': alone,
      'torch': _theirs(c, inputs, options.tokens, settings),
    }
    written.add(
      f'{title}, {options.model}, {options.rows} inputs of 128 tokens, '
      f'{options.tokens} tokens each, {options.dtype}',
      timing.alternate(ways, options.rounds),
    )


def _ours(c: t5.T5Config, sampling, inputs: np.ndarray) -> timing.Way:
  student = networks.student(c)
  params = networks.fresh(student)
  way = endless.Endless(sampling=sampling)

  @jax.jit
  def write(params, inputs, rng):
    encoded = student.encode(params, inputs)
    return student.sample(params, encoded, way, rng)

  def run() -> None:
    written = np.asarray(write(params, inputs, jax.random.key(0)))
    assert written.shape == (len(inputs), sampling.max_tokens)

  return run


def _theirs(
  c: t5.T5Config, inputs: np.ndarray, tokens: int, settings: dict
) -> timing.Way:
  try:
    from benchmarks import torch_writing

    return torch_writing.fixed(c, inputs, tokens, settings)
  except (ImportError, timing.Missing) as reason:
    return timing.missing(reason)


if __name__ == '__main__':
  pages.enlarge(__spec__)  # as `generate` does
  main()
