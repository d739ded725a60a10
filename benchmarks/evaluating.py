"""Times the answers to 1,000 questions, against transformers' `generate`.

  python -m benchmarks.evaluating --model t5_small --data svamp

Questions of SVAMP or CommonsenseQA in the order of the data, as `evaluate` asks
them; those of the test come first. All write `--tokens`: nobody may end early.
Torch takes them as they come, `--torch_batch` at once as transformers' trainer
does, and by their length in batches of our size.
"""

import itertools

import numpy as np

from benchmarks import batches, endless, machine, networks, report, timing
from distill_jax.cli import pages
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
  by_length = sorted(inputs, key=len)
  tokens, size = options.tokens, options.torch_batch
  ways = {
    'ours': _ours(c, inputs, tokens),
    'torch': _theirs(c, inputs, tokens, size),
    'torch, sorted': _theirs(c, by_length, tokens, decode.Decoder.batch_size),
  }
  written.add(
    f'{len(inputs):,} questions of {options.data} by {options.model}, '
    f'{options.tokens} tokens each, {options.dtype}',
    timing.alternate(ways, options.rounds),
    tokens=sum(map(len, inputs)),
  )


def _inputs(task: str, number: int) -> list[np.ndarray]:
  """Returns the label inputs of so many questions, those of the test first.

  Raises:
    timing.Missing: if there are fewer.
  """
  source = batches.data(task)
  splits = [source.open(name) for name in ('test', 'validation', 'train')]
  rows = (split[i] for split in splits for i in range(len(split)))
  found = [np.array(row.label_inputs) for row in itertools.islice(rows, number)]
  if len(found) < number:
    raise timing.Missing(
      f'{task} has {len(found):,} questions; ask for no more by --questions.'
    )
  return found


def _ours(c, inputs, tokens: int) -> timing.Way:
  student = networks.student(c)
  params = networks.fresh(student)
  decoder = decode.Decoder(student=student, vocabulary=vocabulary.Vocabulary())
  greedy = endless.Endless(sampling=sampling.Greedy(max_tokens=tokens))
  width = -(-max(map(len, inputs)) // 8) * 8

  def run() -> None:
    # They are numpy arrays: nothing is under way any more.
    written = decoder.tokens(params, inputs, width, greedy)
    short = sum(np.count_nonzero(ids) < tokens for ids in written)
    if short or len(written) < len(inputs):
      raise ValueError(
        f'{short:,} of {len(written):,} answers to {len(inputs):,} questions '
        f'are shorter than {tokens} tokens: the times would not compare.'
      )

  return run


def _theirs(c, inputs, tokens: int, size: int) -> timing.Way:
  try:
    from benchmarks import torch_writing

    return torch_writing.batched(c, inputs, tokens, size)
  except (ImportError, timing.Missing) as reason:
    return timing.missing(reason)


if __name__ == '__main__':
  pages.enlarge(__spec__)  # as `evaluate` does
  main()
