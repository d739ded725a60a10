"""Memory does not grow with a data set as large as e-SNLI.

On all of it, 549,367 made-up rows and T5's vocabulary: 0.11 GB in the process
that reads, 1.07 GB in the one that tokenises, nearly all of it TensorFlow.
"""

import json
import pathlib
import tracemalloc

import numpy as np
import pytest

from distill_jax.data import loader, order, plan, prepare, source, tokenizer
from tests.data import caches

_WORDS = ('an', 'old', 'man', 'walks', 'along', 'while', 'two', 'dogs', 'play')
_FILE = 500  # completions in a file; the release has 5,500


def _text(rng, least, most):
  return ' '.join(rng.choice(_WORDS, rng.integers(least, most)))


def _write(folder, rows, part='train'):
  rng = np.random.default_rng(rows)
  (folder / 'llm').mkdir(parents=True, exist_ok=True)
  with (folder / f'esnli_{part}.json').open('w') as file:
    for _ in range(rows):
      row = {
        'premise': _text(rng, 6, 24),
        'hypothesis': _text(rng, 4, 13),
        'label': int(rng.integers(3)),
      }
      file.write(json.dumps(row) + '\n')
  said = [f'{_text(rng, 6, 20)}.\nAnswer: neutral\n\nPre' for _ in range(rows)]
  for number, first in enumerate(range(0, rows, _FILE)):
    path = folder / 'llm' / f'{part}_CoT_{number}.json'
    path.write_text(json.dumps(said[first : first + _FILE]))
  return source.Source(
    task='esnli', data_dir=str(folder), cache_dir=str(folder / 'caches')
  )


def _peak(folder, rows):
  """Bytes that reading and preparing so many rows holds at the most."""
  made = _write(folder, rows)
  (folder / 'out').mkdir()
  tracemalloc.start()
  try:
    facts = prepare.prepare(made, 'train', folder / 'out')
    return facts, tracemalloc.get_traced_memory()[1]
  finally:
    tracemalloc.stop()


def test_reading_holds_a_name_per_row_and_no_more(tmp_path):
  _, small = _peak(tmp_path / 'small', 1_000)
  facts, large = _peak(tmp_path / 'large', 5_000)
  assert facts['examples'] == 5_000
  per_row = (large - small) / 4_000
  whole = (tmp_path / 'large' / 'out' / plan.TEXTS).stat().st_size / 5_000
  assert whole > 500
  # The names that tell duplicates: 70 bytes, and up to 133 in a set.
  assert per_row < 250


def test_the_order_is_a_permutation_of_all_rows():
  size = 549_367
  shuffled = order.permutation(0, 0, size)
  assert np.array_equal(np.sort(shuffled), np.arange(size))
  # Far from home: a third of the rows, as of any two random places.
  moved = np.abs(shuffled - np.arange(size)).mean() / size
  assert abs(moved - 1 / 3) < 0.005
  # Neighbours in the file are no neighbours in a batch of 64.
  assert np.mean(np.abs(np.diff(shuffled)) < 64) < 0.001


def test_a_batch_needs_its_own_rows_alone(tmp_path, monkeypatch):
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  made = _write(tmp_path, 2_000)
  for part in ('valid', 'test'):
    _write(tmp_path, 10, part)
  made.build()
  tracemalloc.start()
  split = made.open('train')
  loader.Loader(split=split, batch_size=16).batch(0)
  peak = tracemalloc.get_traced_memory()[1]
  tracemalloc.stop()
  assert peak < 1_000_000


@pytest.mark.slow
@pytest.mark.skipif(
  not pathlib.Path('/proc/self/status').exists(), reason='needs Linux'
)
def test_tokenising_holds_no_more_for_more_rows(tmp_path, monkeypatch):
  """The child's resident memory, in MB, is that of TensorFlow."""
  # Not getrusage's, which a child inherits from the process that began it.
  script = (
    'import re\n'
    'from distill_jax.data import build\n'
    'build.main()\n'
    'status = open("/proc/self/status").read()\n'
    'used = int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) // 1024\n'
    f'open({str(tmp_path / "used")!r}, "a").write(f"{{used}} ")\n'
  )
  (tmp_path / 'measured.py').write_text(script)
  real = tokenizer.subprocess.run

  def measured(command, **options):
    at = command.index('distill_jax.data.build')
    return real(
      [command[0], str(tmp_path / 'measured.py'), *command[at + 1 :]], **options
    )

  monkeypatch.setattr(tokenizer.subprocess, 'run', measured)
  for rows in (500, 10_000):
    folder = tmp_path / str(rows)
    made = _write(folder, rows)
    for part in ('valid', 'test'):
      _write(folder, 10, part)
    made.build()
  small, large = map(int, (tmp_path / 'used').read_text().split())
  assert large < 1_500
  assert large - small < 60  # all of the larger one's texts: 9 MB
