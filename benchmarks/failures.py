r"""Tells failures of the retrieval from failures of the student.

  python -m benchmarks.failures /tmp/kard/predictions/medqa.jsonl \
    --beside=/tmp/rd/predictions/medqa.jsonl --examples=3

prints the counts of a run as Markdown and, where a second run is named, the
same of that one and questions that the two answered differently, side by side.
"""

import argparse
import pathlib
from collections.abc import Sequence

from distill_jax.comparison import failures, side_by_side


def main() -> None:
  """Prints the analysis."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('predictions', type=pathlib.Path)
  parser.add_argument('--beside', type=pathlib.Path)
  parser.add_argument('--examples', type=int, default=3)
  options = parser.parse_args()
  paths = [options.predictions, *filter(None, [options.beside])]
  try:
    runs = dict(zip(_names(paths), map(failures.read, paths)))
    texts = [side_by_side.report(runs)]
    if options.beside:
      texts += side_by_side.beside(runs, options.examples)
  except ValueError as error:
    raise SystemExit(f'failures: {error}') from error
  print('\n\n'.join(texts))


def _names(paths: Sequence[pathlib.Path]) -> list[str]:
  """Names of runs: their folders, or the paths where these are the same."""
  folders = [path.resolve().parent.parent.name for path in paths]
  distinct = len(set(folders)) == len(paths)
  return folders if distinct else [str(path) for path in paths]


if __name__ == '__main__':
  main()
