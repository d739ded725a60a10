"""Builds the token cache of a run's data, and prints what it holds.

  python -m distill_jax.cache --gin_file=qcrd_tiny.gin

It is a folder below CACHE_DIR; an equal one that is there already is kept.
`train` does the same by itself where the cache is absent. This entry serves
machines that train without TensorFlow: build elsewhere, copy the folder.
"""

import argparse
import sys

from distill_jax.cli import entry, rehearsal


def main() -> None:
  """The entry."""
  entry.run(
    'cache',
    __doc__,
    _cache,
    _plan,
    # A cache belongs to no run folder; one that is given all the same wins.
    argv=['--gin.MODEL_DIR=none', *sys.argv[1:]],
  )


def _cache(run, config: str, options: argparse.Namespace) -> None:
  """Builds the cache and describes it."""
  del config, options
  print(run.source.build())
  for name in run.source.data_set.splits:
    split = run.source.open(name)
    widths = split.lengths
    print(
      f'{name:12s} {len(split):9,} examples {split.num_rationales:9,}'
      f' rationales; tokens at most: {widths.inputs} in an input,'
      f' {widths.label} in a label, {widths.rationale} in a rationale'
    )


def _plan(run, options: argparse.Namespace) -> str:
  """What would be built."""
  del options
  source = run.source
  limits = source.lengths
  tokens = (
    f'at most {limits.inputs:,} in an input, {limits.label:,} in a label, '
    f'{limits.rationale:,} in a rationale'
  )
  rows = [
    f'data       {source.task}: {", ".join(source.data_set.splits)}',
    f'vocabulary {source.vocabulary.path}',
    f'tokens     {tokens}',
    f'cache      {rehearsal.data(source)}',
  ]
  return '\n'.join(rows)


if __name__ == '__main__':
  main()
