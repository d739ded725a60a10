"""Times the student's writing of negatives against the training it is for.

  python -m benchmarks.negatives --model t5_small

A period of QCRD's steps, on real questions with 4 positives and 2 negatives
each, and one sample for every question of such a period, its reading and
stripping included. The student has random parameters: it never ends, which is
the most that writing can cost.

Two shares of writing in training are told. The measured one has a question for
every row that is trained on: that of a data set with more questions than a
period has rows. The other one reckons with the paper's period, 250 steps of 64
rows, and the questions that the split has: each is written for once however
often the period trains on it.
"""

import dataclasses
import statistics

import jax

from benchmarks import batches, jax_steps, machine, networks, report, timing
from distill_jax.cli import pages
from distill_jax.data import loader as loader_lib
from distill_jax.students import sampling
from distill_jax.training import negatives, negatives_queue

_PAPERS_ROWS = 250 * 64  # that a period of arXiv:2405.13014 trains on


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Repeated:
  """The first rationale in every place, so that one is enough."""

  num_positives: int = 4
  num_negatives: int = 2

  def choose(self, votes, epoch: int, example: int):
    """Returns the numbers of the positives and of the negatives."""
    del votes, epoch, example
    return [0] * self.num_positives, [0] * self.num_negatives


def main() -> None:
  """Prints the table, and writes it as JSON."""
  parser = report.parser(__doc__, 'negatives')
  parser.add_argument('--model', choices=networks.NAMES, default='t5_small')
  parser.add_argument('--data', choices=('svamp', 'cqa'), default='svamp')
  parser.add_argument('--batch', type=int, default=8)
  parser.add_argument('--period', type=int, default=8, help='steps')
  parser.add_argument('--writing', type=int, default=64, help='at once')
  parser.add_argument('--dtype', choices=('float32', 'bfloat16'))
  options = parser.parse_args()
  options.dtype = options.dtype or networks.usual_dtype()
  written = report.Report(options, machine.accelerated())
  try:
    source = batches.data(options.data)
  except timing.Missing as reason:
    print(reason)
    return
  c = networks.config(options.model, dtype=options.dtype)
  loader = loader_lib.Loader(
    split=source.open('train'),
    batch_size=options.batch,
    candidates=_Repeated(),
  )
  trainer = jax_steps.Trainer(networks.student(c))
  found = batches.several(loader, options.period)
  ways = {
    'training': trainer.step(jax_steps.objective('qcrd', c), found),
    'writing': _writing(options, c, loader, source.vocabulary),
  }
  title = (
    f'negatives of {options.data}, {options.model}, {options.period} steps of '
    f'{options.batch} questions, {options.dtype}'
  )
  seconds = timing.alternate(ways, options.rounds)
  written.add(title, seconds)
  if len(seconds) == len(ways):
    row = _shares(seconds, options, loader)
    written.rows('writing as a share of training', [row])


def _shares(seconds: dict[str, list[float]], options, loader) -> dict:
  """Returns the measured share of writing, and that of the paper's period."""
  training, writing = map(statistics.median, seconds.values())
  trained = options.period * options.batch
  written = len(loader.upcoming(0, options.period))
  questions = min(_PAPERS_ROWS, len(loader.split))
  of_all = writing * questions / written / (training * _PAPERS_ROWS / trained)
  return {
    'rows trained on': trained,
    'questions written for': written,
    'measured share': writing / training,
    'questions of the split': len(loader.split),
    "share of the paper's period": of_all,
  }


def _writing(options, c, loader, vocabulary) -> timing.Way:
  """Returns the writing for a period of questions, until all is queued."""
  settings = negatives.Negatives(
    period=options.period, lag=0, batch_size=options.writing
  )
  queue = negatives_queue.Queue(settings, loader, vocabulary)
  way = sampling.Temperature(
    max_tokens=queue.max_tokens, temperature=settings.temperature
  )
  student = dataclasses.replace(
    networks.student(c), vocab_limit=networks.VOCABULARY
  )
  params = networks.fresh(student)

  @jax.jit
  def sample(params, inputs, examples, key):
    encoded = student.encode(params, inputs)
    return student.sample(params, encoded, way, key, examples)

  def write(inputs, examples, number):
    return sample(params, inputs, examples, jax.random.key(number))

  def run() -> None:
    queue.write(0, options.period, write)
    queue.state()

  return run


if __name__ == '__main__':
  pages.enlarge(__spec__)  # as `train` does
  main()
