"""Watches the memory of a collection while its samples come in.

  python -m benchmarks.collecting_memory --samples=100000 \
    --output=/tmp/collecting_memory.json

The command `distill_jax.collect` asks a server that answers after 50 ms, one
sample a request, 64 at once, and then writes its store, summary and card. At
every line of progress its resident memory is read; the peak is the kernel's.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import rich
from rich import table as table_lib

from benchmarks import fast_server, machine

_SAMPLES = 5  # of a question
_LINE = re.compile(r'([\d,]+) of [\d,]+ samples; .* by ([\d,.]+) a second')


def main() -> None:
  """Prints the figures, and writes them as JSON."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--samples', type=int, default=100_000)
  parser.add_argument('--concurrency', type=int, default=64)
  parser.add_argument('--latency', type=float, default=0.05)
  parser.add_argument('--folder', help='of the result; a temporary one')
  parser.add_argument('--output', help='file for the figures as JSON')
  options = parser.parse_args()
  with (
    tempfile.TemporaryDirectory(dir=options.folder) as name,
    fast_server.serve(options.latency) as url,
  ):
    folder = pathlib.Path(name)
    _write_questions(folder, options.samples // _SAMPLES)
    began = time.perf_counter()
    process = _start(folder, url, options.concurrency)
    rows = list(_watched(process))
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
      raise RuntimeError(f'the collection ended with {status}')
    size = (folder / 'out' / 'journal.sqlite').stat().st_size
  figures = {
    'machine': machine.facts(),
    'settings': vars(options),
    'samples, a second, MiB': rows,
    'seconds in all': seconds,
    'peak MiB': used.ru_maxrss / 1024,
    'journal MiB': size / 2**20,
  }
  _show(figures)
  if options.output:
    pathlib.Path(options.output).write_text(json.dumps(figures, indent=2))


def _write_questions(folder: pathlib.Path, number: int) -> None:
  """A data set of one's own with so many questions."""
  for split, size in {'train': number, 'validation': 1, 'test': 1}.items():
    with (folder / f'{split}.jsonl').open('w') as file:
      for one in range(size):
        question = f'Tom has {one} apples and {one + 2} friends. How many?'
        record = {'question': question, 'label': f'( {one} / {one + 2} )'}
        file.write(json.dumps(record) + '\n')


def _start(folder: pathlib.Path, url: str, concurrency: int):
  macros = {
    'TASK': 'records',
    'DATA_DIR': folder,
    'EXAMPLES': 'story_problems',
    'MODEL': 'fast',
    'URL': url,
    'SAMPLES': _SAMPLES,
    'CONCURRENCY': concurrency,
    'OUTPUT': folder / 'out',
  }
  return subprocess.Popen(
    [
      *(sys.executable, '-m', 'distill_jax.collect', '--gin_file=collect.gin'),
      *(f'--gin.{name}={value}' for name, value in macros.items()),
    ],
    stderr=subprocess.PIPE,
    text=True,
  )


def _watched(process: subprocess.Popen) -> Iterator[tuple[int, float, float]]:
  """Samples that are there, how many a second, and MiB, again and again."""
  for line in process.stderr:
    if found := _LINE.search(line):
      samples, rate = (float(one.replace(',', '')) for one in found.groups())
      yield int(samples), rate, _resident(process.pid)
    else:
      print(line, end='', file=sys.stderr)


def _resident(pid: int) -> float:
  """MiB that a process has in memory."""
  status = pathlib.Path(f'/proc/{pid}/status').read_text()
  (kib,) = re.findall(r'VmRSS:\s+(\d+) kB', status)
  return int(kib) / 1024


def _show(figures: dict) -> None:
  title = f'memory of a collection; {machine.named()}'
  table = table_lib.Table(title=title, title_justify='left')
  for name in ('samples', 'a second', 'MiB'):
    table.add_column(name, justify='right')
  for samples, rate, resident in figures['samples, a second, MiB']:
    table.add_row(f'{samples:,}', f'{rate:,.0f}', f'{resident:.0f}')
  rich.print(table)
  for name in ('peak MiB', 'journal MiB', 'seconds in all'):
    print(f'{name}: {figures[name]:.0f}')


if __name__ == '__main__':
  main()
