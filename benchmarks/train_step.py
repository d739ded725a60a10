"""Times training steps against transformers on torch, and against the floor.

  python -m benchmarks.train_step --model t5_small --method dss qcrd \
    --dropout 0 0.1

A batch has `--batch` questions of 128 tokens, labels of 8 and rationales of 96
tokens, all rows full; DSS has one rationale per question, QCRD 4 positives and
2 negatives, the reranker 8 passages. `--data svamp cqa` takes real rows
instead, of which torch pads every batch to its own longest row; seconds and
GFLOP are by the step there too.

All ways use AdamW on float32 parameters. On a CPU they compute in float32; on a
GPU in bfloat16, where the share of the chip's matrix rate is told as well. The
floor is the matrix products of our step and nothing else, see `products`: its
ratio is the share of the machine's rate that a step reaches.

A model of T5-large's size takes 12 GB per contender in float32; `--ways ours
floor` leaves torch out.
"""

import argparse
import os
import statistics

# The other framework needs a part of the GPU's memory.
os.environ.setdefault('XLA_PYTHON_CLIENT_PREALLOCATE', 'false')

from benchmarks import cases, chips, machine, networks, products, report, timing
from distill_jax.cli import pages


def main() -> None:
  """Prints the tables, and writes them as JSON."""
  options = _options()
  known = machine.accelerated()
  written = report.Report(options, known)
  peak = options.peak_tflops or chips.tflops(options.dtype)
  for method in options.method:
    for dropout in options.dropout:
      for data in options.data or [None]:
        _case(written, options, method, dropout, data, peak)


def _options() -> argparse.Namespace:
  parser = report.parser(__doc__, 'train_step')
  add = parser.add_argument
  add('--model', choices=networks.NAMES, default='t5_small')
  add('--method', nargs='+', choices=cases.METHODS, default=['dss', 'qcrd'])
  add('--dropout', nargs='+', type=float, default=[0.0, 0.1])
  add('--batch', type=int, default=8, help='questions of a step')
  add('--dtype', choices=('float32', 'bfloat16'), help='of the computation')
  add('--data', nargs='+', choices=('svamp', 'cqa'), help='real rows')
  add('--steps', type=int, default=4, help='batches of real rows in a round')
  add('--ways', nargs='+', choices=cases.WAYS, default=list(cases.WAYS))
  add('--scan', action='store_true', help='one compiled layer in a loop')
  add('--remat', action='store_true', help='keep no activations of a layer')
  add('--peak_tflops', type=float, help='of the chip, where it is not known')
  options = parser.parse_args()
  options.dtype = options.dtype or networks.usual_dtype()
  return options


def _case(written, options, method, dropout, data, peak) -> None:
  c = networks.config(
    options.model,
    dropout_rate=dropout,
    dtype=options.dtype,
    scan_layers=options.scan,
    remat=options.remat,
  )
  try:
    case = cases.Case(options, method, c, data)
  except timing.Missing as reason:
    print(f'{method} on {data} is left out: {reason}')
    return
  title = (
    f'{method}, {options.model}, {options.batch} questions'
    f'{f" of {data}" if data else ""}, dropout {dropout:g}, {options.dtype}'
  )
  rounds = timing.alternate(dict(case.ways()), options.rounds)
  seconds = {
    name: [one / case.steps for one in taken] for name, taken in rounds.items()
  }
  facts = {'method': method, 'dropout': dropout, 'data': data, **case.facts}
  if 'ours' in seconds:
    flops = products.flops(case.products) / case.steps
    facts |= _rates(flops, seconds['ours'], peak)
  facts |= _without_choice(seconds)
  written.add(title, seconds, **facts)
  print(', '.join(f'{name} {_short(value)}' for name, value in facts.items()))


def _without_choice(seconds: dict[str, list[float]]) -> dict[str, object]:
  """Returns torch's ratios to QCRD whose gradient goes through all candidates.

  As torch's does: what is left is not owed to the choice of candidates.
  """
  if cases.IN_ALL not in seconds:
    return {}
  alike = {cases.IN_ALL: seconds[cases.IN_ALL]}
  alike |= {k: v for k, v in seconds.items() if k.startswith('torch')}
  return {
    f'{name} to {cases.IN_ALL}': ratio
    for name, ratio in timing.ratios(alike).items()
    if name != cases.IN_ALL
  }


def _rates(
  flops: float, seconds: list[float], peak: float | None
) -> dict[str, float]:
  """Returns how much work a step is, and how fast it is done."""
  rate = flops / statistics.median(seconds)
  facts = {'GFLOP': round(flops / 1e9, 1), 'GFLOP/s': round(rate / 1e9, 1)}
  if peak:
    facts['MFU'] = round(rate / (peak * 1e12), 4)
  return facts


def _short(value: object) -> str:
  if isinstance(value, dict):  # a ratio
    value = value['median']
  return f'{value:.4g}' if isinstance(value, float) else str(value)


if __name__ == '__main__':
  pages.enlarge(__spec__)  # as `train` does
  main()
