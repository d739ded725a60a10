"""Builds the token cache of a run's data, and prints what it holds.

  python -m distill_jax.cache --gin_file=qcrd_tiny.gin

It is a folder below CACHE_DIR; an equal one that is there already is kept.
`train` does the same by itself where the cache is absent. This entry serves
machines that train without TensorFlow: build elsewhere, copy the folder.
`--beam` has Apache Beam tokenise, by many workers: the cache is the same.
"""

import argparse
import shlex
import sys

from distill_jax.cli import entry, errors, rehearsal
from distill_jax.data import beam, publish, tokenizer


def main() -> None:
  """The entry."""
  entry.run(
    'cache',
    __doc__,
    _cache,
    _plan,
    _add_options,
    # A cache belongs to no run folder; one that is given all the same wins.
    argv=['--gin.MODEL_DIR=none', *sys.argv[1:]],
  )


def _add_options(parser: argparse.ArgumentParser) -> None:
  parser.add_argument(
    '--beam',
    action='store_true',
    help='tokenise by Apache Beam: without more options by a process for each '
    'core; needs distill_jax[beam]',
  )
  parser.add_argument(
    '--beam_options',
    type=_words,
    metavar='OPTIONS',
    help="options of Beam's own, in one word: --beam_options="
    '"--runner=FlinkRunner --parallelism=8"',
  )
  parser.add_argument(
    '--beam_folder',
    metavar='FOLDER',
    help='where texts and parts are exchanged with workers on other machines: '
    'on gs:// or a shared disk',
  )


def _words(text: str) -> tuple[str, ...]:
  """Several options in one."""
  try:
    return tuple(shlex.split(text))
  except ValueError as error:
    raise argparse.ArgumentTypeError(f'{text}: {error}') from error


def _tokeniser(options: argparse.Namespace) -> publish.Tokeniser:
  """Who makes ids of texts."""
  if options.beam:
    words = options.beam_options or ()
    return beam.Beam(options=words, folder=options.beam_folder)
  for name in ('beam_options', 'beam_folder'):
    if getattr(options, name) is not None:
      raise errors.UsageError(f'--{name} needs --beam beside it')
  return tokenizer


def _cache(run, config: str, options: argparse.Namespace) -> None:
  """Builds the cache and describes it."""
  del config
  print(run.source.build(_tokeniser(options)))
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
  source, tokeniser = run.source, _tokeniser(options)
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
  if options.beam:
    tokeniser.require(source.cache_dir)
    rows.append(f'by         {tokeniser}')
  return '\n'.join(rows)


if __name__ == '__main__':
  main()
