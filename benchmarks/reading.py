"""Times the token cache's reading against what a training step consumes.

  python -m benchmarks.reading --data svamp cqa --model t5_small

One thread assembles batches of the training split and fits them with rooms, as
a run's loader and its phase do together; that is set against the DSS step of
these batches on this machine, and against a loader of torch whose rows lie in
memory already, padded as the papers' collator does.
"""

import itertools
import statistics

from benchmarks import (
  batches,
  jax_steps,
  machine,
  networks,
  report,
  timing,
)
from distill_jax.cli import pages
from distill_jax.data import rooms


def main() -> None:
  """Prints the tables, and writes them as JSON."""
  parser = report.parser(__doc__, 'reading')
  add = parser.add_argument
  add('--data', nargs='+', choices=('svamp', 'cqa'), default=['svamp', 'cqa'])
  add('--model', choices=networks.NAMES, default='t5_small')
  add('--batch', type=int, default=8)
  add('--steps', type=int, default=50, help='batches that are read in a round')
  options = parser.parse_args()
  written = report.Report(options, machine.accelerated())
  for data in options.data:
    try:
      loader = batches.real(data, options.batch)
    except timing.Missing as reason:
      print(f'{data} is left out: {reason}')
      continue
    _case(written, options, data, loader)


def _case(written, options, data: str, loader) -> None:
  ladder = rooms.Ladder(loader)
  read = lambda step: ladder.fit(loader.batch(step))
  found = [read(step) for step in range(options.steps)]
  ways = {
    'ours': lambda: _drain(map(read, range(options.steps))),
    'torch': _theirs(loader.split, options),
    'a step': _step(options, found[0]),
  }
  seconds = timing.alternate(ways, options.rounds)
  # All ways by the batch.
  per_batch = {
    name: [one / (1 if name == 'a step' else options.steps) for one in taken]
    for name, taken in seconds.items()
  }
  title = f'a batch of {options.batch} rows of {data}, {options.model}'
  written.add(title, per_batch, data=data)
  tokens = statistics.mean(batches.tokens(batch) for batch in found)
  rows = []
  for name, taken in per_batch.items():
    rate = 1 / statistics.median(taken)
    rows.append(
      {
        'way': name,
        'rows a second': rate * options.batch,
        'tokens a second': rate * tokens,
      }
    )
  written.rows(title, rows)


def _drain(made) -> None:
  for _ in made:
    pass


def _step(options, batch) -> timing.Way:
  c = networks.config(options.model, dtype=networks.usual_dtype())
  trainer = jax_steps.Trainer(networks.student(c))
  return trainer.step(jax_steps.objective('dss', c), [batch])


def _theirs(split, options) -> timing.Way:
  try:
    from benchmarks import torch_reading
  except ImportError as error:
    return timing.missing(error)
  loader = torch_reading.loader(split, options.batch)
  endless = itertools.chain.from_iterable(itertools.repeat(loader))
  return lambda: _drain(itertools.islice(endless, options.steps))


if __name__ == '__main__':
  pages.enlarge(__spec__)  # as `train` does
  main()
