r"""Times the way from the command to the first step, and its parts.

  python -m benchmarks.starting --gin_file qcrd_tiny.gin

Every start is a process of its own, in turn with an empty and with a filled
cache of compiled programs, which keeps what a user's would. The token cache is
there: the first start, which is not counted, makes it. Parts: imports, the run
(gin and its checks), the data, compilation (tracing and what the cache gives
included), and what is left. Other arguments go to `train`, such as
`--gin.BATCH_SIZE=8`.
"""

import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from benchmarks import report

_WHOLE = 'start to first step'
_CHILD = 'benchmarks.starting_child'


def main() -> None:
  """Prints the tables, and writes them as JSON."""
  parser = report.parser(__doc__, 'starting')
  parser.add_argument('--gin_file', default='qcrd_tiny.gin')
  options, others = parser.parse_known_args()
  options.others = others
  written = report.Report(options)
  with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    starts = {'warm': folder / 'warm', 'cold': None}
    _start(folder, folder / 'warm', options.gin_file, others)
    parts = {name: [] for name in starts}
    for number in range(options.rounds):
      for way, cache in starts.items():
        compiled = cache or folder / f'cold{number}'
        found = _start(folder, compiled, options.gin_file, others)
        parts[way].append(found)
  seconds = {
    way: [found[_WHOLE] for found in taken] for way, taken in parts.items()
  }
  written.add(f'{options.gin_file}, {_WHOLE}', seconds)
  written.rows(
    f'{options.gin_file}, its parts in seconds',
    [
      {'cache': way, **{part: _median(taken, part) for part in taken[0]}}
      for way, taken in parts.items()
    ],
  )


def _median(taken: list[dict[str, float]], part: str) -> float:
  return statistics.median(found[part] for found in taken)


def _start(
  folder: pathlib.Path, cache: pathlib.Path, gin_file: str, others: list[str]
) -> dict[str, float]:
  """Returns the seconds of each part of a start, the whole first."""
  with tempfile.TemporaryDirectory(dir=folder) as model_dir:
    argv = [
      f'--gin_file={gin_file}',
      f'--gin.MODEL_DIR={model_dir}',
      *others,
    ]
    done = subprocess.run(
      [sys.executable, '-m', _CHILD, repr(time.time()), str(cache), *argv],
      capture_output=True,
      text=True,
    )
  lines = [line for line in done.stdout.splitlines() if ': ' in line]
  if not lines:
    raise RuntimeError(f'The start failed: {done.stderr[-2000:]}')
  return {
    name: float(value) for name, value in (line.split(': ') for line in lines)
  }


if __name__ == '__main__':
  main()
