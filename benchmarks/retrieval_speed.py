"""Times the index of a generated corpus, and searches, beside bm25s alone.

  python -m benchmarks.retrieval_speed --passages=1000000

Passages have 100 words on average, drawn by Zipf's law from 400,000. The
queries are drawn alike. One thread; bm25s alone means its own `retrieve` on the
same index with words already split, and without the texts of what is found.
"""

import argparse
import functools
import pathlib
import resource
import tempfile
import time
from collections.abc import Callable

import bm25s
import numpy as np

from distill_jax.retrieval import bm25, corpus

_WORDS = 400_000
_LENGTH = 100
_CHUNK = 10_000


def main() -> None:
  """Prints the figures."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--passages', type=int, default=1_000_000)
  parser.add_argument('--queries', type=int, default=200)
  options = parser.parse_args()
  rng = np.random.default_rng(0)
  with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / 'corpus.txt'
    _write(path, options.passages, rng)
    engine = bm25.BM25(
      corpus=corpus.Corpus(path=str(path)), index_dir=f'{folder}/index'
    )
    _show('index', *_timed(lambda: engine.search([], 1)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    theirs = bm25s.BM25.load(f'{folder}/index', mmap=True)
    print(f'{len(theirs.vocab_dict):,} words, peak {peak:.2f} GB')
    for length in (10, 60):
      queries = _texts(options.queries, np.full(options.queries, length), rng)
      split = [engine.words.of(query) for query in queries]
      ours = functools.partial(engine.search, queries, 100)
      other = functools.partial(
        theirs.retrieve, split, k=100, show_progress=False, n_threads=0
      )
      for name, search in (('ours', ours), ('bm25s', other)):
        search()  # what it reads from disk the first time stays in memory
        wall, cpu = _timed(search)
        rates = f'{len(queries) / wall:.1f}, per CPU {len(queries) / cpu:.1f}'
        print(f'{length} words, {name}: queries per second {rates}')


def _write(path: pathlib.Path, passages: int, rng: np.random.Generator) -> None:
  with path.open('w') as file:
    for start in range(0, passages, _CHUNK):
      number = min(_CHUNK, passages - start)
      lengths = rng.integers(_LENGTH // 2, 3 * _LENGTH // 2, number)
      file.writelines(f'{one}\n' for one in _texts(number, lengths, rng))


def _texts(
  number: int, lengths: np.ndarray, rng: np.random.Generator
) -> list[str]:
  """Texts whose words follow Zipf's law: the n-th is 1/n as frequent."""
  draws = rng.random(lengths.sum())
  words = np.minimum(_WORDS**draws, _WORDS).astype(np.int64)
  ends = np.cumsum(lengths)
  return [
    ' '.join(f'w{word}' for word in words[end - length : end])
    for end, length in zip(ends[:number], lengths)
  ]


def _timed(call: Callable[[], object]) -> tuple[float, float]:
  """Seconds on the clock and of the CPU."""
  wall, cpu = time.perf_counter(), time.process_time()
  call()
  return time.perf_counter() - wall, time.process_time() - cpu


def _show(name: str, wall: float, cpu: float) -> None:
  print(f'{name}: {wall:.1f} s, of the CPU {cpu:.1f} s')


if __name__ == '__main__':
  main()
