"""Times the answers to 1,000 questions, against transformers' `generate`.

  python -m benchmarks.evaluating --model t5_small --data svamp

Questions of SVAMP or CommonsenseQA in the order of the data, as `evaluate` asks
them. Parameters are random, so no answer ends by itself: all write `--tokens`.
"""

import itertools

import jax
import numpy as np

from benchmarks import batches, machine, networks, report, timing
from distill_jax.evaluation import decode
from distill_jax.students import sampling
from distill_jax.text import vocabulary


def main() -> None:
  """Prints the table, and writes it as JSON."""
  parser = report.parser(__doc__, 'evaluating')
  add = parser.add_argument
  add('--model', choices=networks.NAMES, default='t5_small')
  add('--data', choices=('svamp', 'cqa'), default='svamp')
  add('--questions', type=int, default=1_000)
  add('--tokens', type=int, default=16)
  add('--torch_batch', type=int, default=64, help='questions of a batch')
  add('--dtype', choices=('float32', 'bfloat16'))
  options = parser.parse_args()
  options.dtype = options.dtype or networks.usual_dtype()
  written = report.Report(options, machine.accelerated())
  c = networks.config(options.model, dtype=options.dtype)
  try:
    inputs = _inputs(options.data, options.questions)
  except timing.Missing as reason:
    print(reason)
    return
  ways = {'ours': _ours(c, inputs, options.tokens)}
  ways['torch'] = _theirs(c, inputs, options)
  written.add(
    f'{len(inputs):,} questions of {options.data} by {options.model}, '
    f'{options.tokens} tokens each, {options.dtype}',
    timing.alternate(ways, options.rounds),
    tokens=sum(map(len, inputs)),
  )


def _inputs(task: str, number: int) -> list[np.ndarray]:
  """Returns the label inputs of training and test questions, test first."""
  source = batches.data(task)
  splits = [source.open(name) for name in ('test', 'train')]
  rows = (split[i] for split in splits for i in range(len(split)))
  return [np.array(row.label_inputs) for row in itertools.islice(rows, number)]


def _ours(c, inputs, tokens: int) -> timing.Way:
  student = networks.student(c)
  params = networks.fresh(student)
  decoder = decode.Decoder(student=student, vocabulary=vocabulary.Vocabulary())
  greedy = sampling.Greedy(max_tokens=tokens)
  width = -(-max(map(len, inputs)) // 8) * 8

  def run() -> None:
    written = decoder.tokens(params, inputs, width, greedy)
    assert len(written) == len(inputs)
    jax.block_until_ready(written)

  return run


def _theirs(c, inputs, options) -> timing.Way:
  try:
    from benchmarks import torch_writing

    size = options.torch_batch
    return torch_writing.batched(c, inputs, options.tokens, size)
  except (ImportError, timing.Missing) as reason:
    return timing.missing(reason)


if __name__ == '__main__':
  main()
