"""Makes the runs of a comparison, one process after another."""

import json
import logging
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from distill_jax.comparison import grid

_log = logging.getLogger(__name__)

DONE = 'finished.json'  # in a run's folder, once it was tested
_LOG = 'log.txt'


def finished(cell: grid.Cell) -> bool:
  """Returns whether a run is over, made by the same command."""
  path = cell.folder / DONE
  if not path.exists():
    return False
  said = json.loads(path.read_text())
  if said['arguments'] != list(cell.arguments):
    raise ValueError(
      f'{cell.folder} was made by other arguments '
      f'({_difference(said["arguments"], cell.arguments)}); give another '
      'folder, or remove that run.'
    )
  return True


def seconds(cell: grid.Cell) -> float:
  """Returns how long the last process of a finished run took."""
  return json.loads((cell.folder / DONE).read_text())['seconds']


def run(cells: Sequence[grid.Cell]) -> None:
  """Makes all runs that are not there yet.

  A run that was interrupted goes on where it was. Each writes what it says
  into `log.txt` of its folder.

  Raises:
    ValueError: if one fails; those before it are kept.
  """
  left = [cell for cell in cells if not finished(cell)]
  _log.info('%d of %d runs are there', len(cells) - len(left), len(cells))
  began = time.monotonic()
  for number, cell in enumerate(left, start=1):
    _run(cell)
    each = (time.monotonic() - began) / number
    _log.info(
      '%s, seed %d%s: done; %d left, %.0f min',
      cell.row,
      cell.seed,
      '' if cell.share is None else f', share {cell.share:g}',
      len(left) - number,
      (len(left) - number) * each / 60,
    )


def _run(cell: grid.Cell) -> None:
  cell.folder.mkdir(parents=True, exist_ok=True)
  command = [sys.executable, '-m', 'distill_jax.train', *cell.arguments]
  began = time.monotonic()
  with open(cell.folder / _LOG, 'a', encoding='utf-8') as log:
    child = subprocess.Popen(command, stdout=log, stderr=log)
    try:
      code = child.wait()
    except BaseException:
      child.send_signal(signal.SIGTERM)  # it saves and leaves
      child.wait()
      raise
  if code:
    raise ValueError(
      f'{cell.row}, seed {cell.seed} ended with status {code}: '
      f'{_last_line(cell.folder / _LOG)}; see {cell.folder / _LOG}.'
    )
  done = {
    'arguments': list(cell.arguments),
    'seconds': round(time.monotonic() - began, 1),
  }
  aside = cell.folder / f'{DONE}.part'
  aside.write_text(json.dumps(done, indent=2) + '\n')
  aside.replace(cell.folder / DONE)


def _last_line(path: pathlib.Path) -> str:
  lines = path.read_text(encoding='utf-8', errors='replace').split('\n')
  return next((line for line in reversed(lines) if line.strip()), 'no word')


def _difference(one: Sequence[str], other: Sequence[str]) -> str:
  only = [f'-{word}' for word in one if word not in other]
  return ' '.join([*only, *(f'+{word}' for word in other if word not in one)])
