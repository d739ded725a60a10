"""Makes the runs of a comparison, each in processes of its own."""

import collections
import contextlib
import json
import logging
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from distill_jax.comparison import grid
from distill_jax.data import lifeline

_log = logging.getLogger(__name__)

DONE = 'finished.json'  # in a run's folder, once it was tested
_LOG = 'log.txt'
_POLL = 0.2  # seconds


def finished(cell: grid.Cell) -> bool:
  """Returns whether a run is over, made by the same command and gin files.

  Raises:
    ValueError: if it was made by others.
  """
  said = _said(cell)
  if not said:
    return False
  if said['arguments'] != list(cell.arguments):
    by = f'arguments ({_difference(said["arguments"], cell.arguments)})'
  elif said['config'] != cell.config:
    by = 'contents of its gin files'
  else:
    return set(said['splits']) >= set(cell.splits)
  raise ValueError(
    f'{cell.folder} was made by other {by}; give another results_dir, or '
    'remove that run.'
  )


def _said(cell: grid.Cell) -> dict[str, Any]:
  """Returns what a finished run left; empty if there is none."""
  try:
    said = json.loads((cell.folder / DONE).read_text())
  except (FileNotFoundError, json.JSONDecodeError):
    return {}
  return said if said.keys() >= {'arguments', 'config', 'splits'} else {}


def seconds(cell: grid.Cell) -> float:
  """Returns how long the last process of a finished run took."""
  return _said(cell)['seconds']


def run(cells: Sequence[grid.Cell], at_once: int = 1) -> None:
  """Makes all runs that are not there yet.

  A run that was interrupted goes on where it was. Each writes what it says
  into `log.txt` of its folder. Where one fails, the others are still made.

  Args:
    cells: the runs, in the order in which they begin; one that builds on
      others waits for them.
    at_once: runs that are under way at the same time.

  Raises:
    ValueError: if some failed.
  """
  left = [cell for cell in cells if not finished(cell)]
  there = {cell.folder for cell in cells} - {cell.folder for cell in left}
  _log.info('%d of %d runs are there', len(cells) - len(left), len(cells))
  began, ended, waiting = time.monotonic(), 0, collections.deque(left)
  failures = []
  with _stopped_at_the_end() as under_way:
    free = _cores(at_once)
    while waiting or under_way:
      while free and (cell := _take(waiting, there)):
        under_way.append(_Run(cell, free.pop()))
      if not under_way:
        failures += [_in_vain(cell) for cell in waiting]
        break
      time.sleep(_POLL)
      for one in [one for one in under_way if one.is_over()]:
        under_way.remove(one)
        free.append(one.cores)
        failures += [one.failure] if one.failure else []
        there |= set() if one.failure else {one.cell.folder}
        ended += 1
        each = (time.monotonic() - began) / ended
        _say(one, len(left) - ended, each)
  if failures:
    more = f' {len(failures) - 1} others failed too.' if failures[1:] else ''
    raise ValueError(f'{failures[0]}{more}')


def _take(
  waiting: collections.deque[grid.Cell], there: set[pathlib.Path]
) -> grid.Cell | None:
  """Returns the first run that needs no other one; it waits no longer."""
  for cell in waiting:
    if there.issuperset(cell.needs):
      waiting.remove(cell)
      return cell
  return None


def _in_vain(cell: grid.Cell) -> str:
  needed = ', '.join(map(str, cell.needs))
  return (
    f'{cell.row}, seed {cell.seed} was not begun: it builds on {needed}, which '
    'failed.'
  )


@contextlib.contextmanager
def _stopped_at_the_end() -> Iterator[list['_Run']]:
  """Gives a list whose runs save and leave, whatever ends the block."""
  under_way: list[_Run] = []
  with lifeline.orderly():
    try:
      yield under_way
    finally:
      for one in under_way:
        one.stop()
      for one in under_way:
        one.wait()


def _cores(parts: int) -> list[set[int]]:
  """Returns this machine's cores in equal parts; empty ones where it cannot.

  Runs that share their cores wait for one another in every operation.
  """
  if not hasattr(os, 'sched_getaffinity'):
    return [set()] * parts
  cores = sorted(os.sched_getaffinity(0))
  each = len(cores) // parts
  return [set(cores[i * each : (i + 1) * each]) for i in range(parts)]


def _say(run: '_Run', left: int, each: float) -> None:
  cell, minutes = run.cell, left * each / 60
  share = '' if cell.share is None else f', share {cell.share:g}'
  how = 'FAILED' if run.failure else 'done'
  _log.info(
    '%s, seed %d%s: %s; %d left, %.0f min',
    *(cell.row, cell.seed, share, how, left, minutes),
  )


class _Run:
  """A run that is under way: one process after another.

  Args:
    cell: the run.
    cores: that it may use; none for all.

  Attributes:
    failure: a sentence, if one of them failed.
  """

  def __init__(self, cell: grid.Cell, cores: set[int]):
    cell.folder.mkdir(parents=True, exist_ok=True)
    self.cell = cell
    self.cores = cores
    self.failure = ''
    self._began = time.monotonic()
    self._commands = collections.deque(cell.commands())
    self._child = self._next()

  def _next(self) -> subprocess.Popen:
    command = [sys.executable, '-m', *self._commands.popleft()]
    with open(self.cell.folder / _LOG, 'a', encoding='utf-8') as log:
      child = subprocess.Popen(command, stdout=log, stderr=log)
    if self.cores:
      os.sched_setaffinity(child.pid, self.cores)
    return child

  def is_over(self) -> bool:
    """Returns whether it has ended; starts its next process."""
    code = self._child.poll()
    if code is None:
      return False
    if code:
      log = self.cell.folder / _LOG
      self.failure = (
        f'{self.cell.row}, seed {self.cell.seed} ended with status {code}: '
        f'{_last_line(log)}; see {log}.'
      )
      return True
    if self._commands:
      self._child = self._next()
      return False
    _finish(self.cell, time.monotonic() - self._began)
    return True

  def stop(self) -> None:
    """Asks it to save and leave."""
    if self._child.poll() is None:
      self._child.send_signal(signal.SIGTERM)

  def wait(self) -> None:
    """Returns when it has left."""
    self._child.wait()


def _finish(cell: grid.Cell, seconds_taken: float) -> None:
  done = {
    'arguments': list(cell.arguments),
    'config': cell.config,
    'splits': list(cell.splits),
    'seconds': round(seconds_taken, 1),
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
