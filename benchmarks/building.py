r"""Times the building of a token cache: by one process, and by Apache Beam.

  python -m benchmarks.building --vocabulary t5_spiece.model --extra_ids 100

Rows as long as e-SNLI's are invented, one rationale each. All builders read the
same files into caches of their own, in turn; then every file of every cache is
held against the first one's. `reading` is what all do alike in one process,
before anything is tokenised. A builder with several threads or processes takes
what the machine has free, so look at the load.
"""

import json
import os
import pathlib
import statistics
import tempfile
import time

import numpy as np

from benchmarks import report
from distill_jax.data import beam, publish, source, tokenizer
from distill_jax.text import vocabulary

_ALONE = 'one process'
_WORDS = ('an', 'old', 'man', 'walks', 'along', 'while', 'two', 'dogs', 'play')
_FILE = 500  # completions in a file
_OTHERS = {'valid': 9_842, 'test': 9_824}  # rows, as e-SNLI has them
_Times = dict[str, float]


class _Timed:
  """A tokeniser whose seconds are taken."""

  def __init__(self, tokeniser: publish.Tokeniser):
    self.require = tokeniser.require
    self.seconds = 0.0
    self._run = tokeniser.run

  def run(self, *orders) -> None:
    began = time.perf_counter()
    self._run(*orders)
    self.seconds = time.perf_counter() - began


def main() -> None:
  """Prints the tables, and writes them as JSON."""
  parser = report.parser(__doc__, 'building', rounds=1)
  parser.add_argument('--rows', type=int, default=549_367, help='to train on')
  parser.add_argument('--workers', type=int, nargs='+', default=[2])
  parser.add_argument('--vocabulary', default='embedded')
  parser.add_argument('--extra_ids', type=int, default=0)
  options = parser.parse_args()
  written = report.Report(options)
  ways: dict[str, publish.Tokeniser] = {_ALONE: tokenizer} | {
    f'Beam, {number} workers': beam.Beam(
      options=(f'--direct_num_workers={number}',)
    )
    for number in options.workers
  }
  found: dict[str, list[_Times]] = {name: [] for name in ways}
  with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    _invent(folder / 'data', {'train': options.rows} | _OTHERS)
    for number in range(options.rounds):
      caches = {
        way: folder / str(number) / str(i) for i, way in enumerate(ways)
      }
      for way, tokeniser in ways.items():
        times = _build(folder / 'data', caches[way], tokeniser, options)
        print(way, times, flush=True)
        found[way].append(times)
        _check_equal(caches[_ALONE], caches[way])
  _show(written, found, options.rows)


def _show(
  written: report.Report, found: dict[str, list[_Times]], rows: int
) -> None:
  # Of the ratios of the rounds: above 1 the way is faster than one process.
  written.rows(
    f'{rows:,} rows to train on, median seconds',
    [
      {
        'way': way,
        **{
          key: statistics.median(one[key] for one in taken) for key in taken[0]
        },
        'of one process': statistics.median(
          first['all'] / own['all'] for first, own in zip(found[_ALONE], taken)
        ),
      }
      for way, taken in found.items()
    ],
  )


def _build(data, cache, tokeniser, options) -> _Times:
  """Returns the seconds of a build, and the machine's load in the meantime."""
  timed = _Timed(tokeniser)
  began = time.perf_counter()
  source.Source(
    task='esnli',
    data_dir=str(data),
    cache_dir=str(cache),
    vocabulary=vocabulary.Vocabulary(options.vocabulary, options.extra_ids),
  ).build(timed)
  whole = time.perf_counter() - began
  return {
    'all': whole,
    'reading': whole - timed.seconds,
    'tokenising': timed.seconds,
    'load': os.getloadavg()[2],
  }


def _check_equal(one: pathlib.Path, other: pathlib.Path) -> None:
  """Raises a RuntimeError where two folders do not hold the same bytes."""
  names = [
    sorted(path.relative_to(folder) for path in folder.rglob('*'))
    for folder in (one, other)
  ]
  if names[0] != names[1]:
    raise RuntimeError(f'{one} and {other} do not hold the same files.')
  for name in names[0]:
    pair = [folder / name for folder in (one, other)]
    if pair[0].is_file() and pair[0].read_bytes() != pair[1].read_bytes():
      raise RuntimeError(f'{pair[0]} and {pair[1]} differ.')


def _invent(folder: pathlib.Path, parts: dict[str, int]) -> None:
  """Writes rows as the release of e-SNLI has them."""
  (folder / 'llm').mkdir(parents=True)
  for part, rows in parts.items():
    rng = np.random.default_rng(rows)
    premises, hypotheses = _texts(rng, rows, 6, 24), _texts(rng, rows, 4, 13)
    labels = rng.integers(3, size=rows).tolist()
    with (folder / f'esnli_{part}.json').open('w') as file:
      for premise, hypothesis, label in zip(premises, hypotheses, labels):
        row = {'premise': premise, 'hypothesis': hypothesis, 'label': label}
        file.write(json.dumps(row) + '\n')
    said = [
      f'{text}.\nAnswer: neutral\n\nPre' for text in _texts(rng, rows, 6, 20)
    ]
    for number, first in enumerate(range(0, rows, _FILE)):
      path = folder / 'llm' / f'{part}_CoT_{number}.json'
      path.write_text(json.dumps(said[first : first + _FILE]))


def _texts(
  rng: np.random.Generator, rows: int, least: int, most: int
) -> list[str]:
  """Returns texts of at least so many words, and of fewer than `most`."""
  lengths = rng.integers(least, most, size=rows)
  words = np.array(_WORDS)[rng.integers(len(_WORDS), size=lengths.sum())]
  ends = np.cumsum(lengths)
  return [
    ' '.join(words[end - length : end]) for end, length in zip(ends, lengths)
  ]


if __name__ == '__main__':
  main()
