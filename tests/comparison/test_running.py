"""Runs of a comparison as processes, here of a worker that only takes notes."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from distill_jax.comparison import grid, running


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Cell(grid.Cell):
  """Works in place of training."""

  tasks: tuple[str, ...] = ('work',)

  def commands(self):
    for task in self.tasks:
      yield 'tests.comparison.worker', str(self.folder), task


def _cells(folder, *tasks) -> list[_Cell]:
  return [
    _Cell(
      row=f'row {number}',
      share=None,
      seed=0,
      folder=folder / f'{number}',
      arguments=(f'{number}',),
      tasks=of_one,
    )
    for number, of_one in enumerate(tasks)
  ]


def _noted(cell: _Cell) -> list[dict]:
  lines = (cell.folder / 'noted.jsonl').read_text().splitlines()
  return [json.loads(line) for line in lines]


def test_runs_at_once_share_no_cores_and_follow_one_another(tmp_path):
  cells = _cells(tmp_path, *[('work',)] * 4)
  running.run(cells, at_once=2)
  notes = [_noted(cell)[0] for cell in cells]
  together = 0
  for i, one in enumerate(notes):
    for other in notes[:i]:
      if one['began'] < other['ended'] and other['began'] < one['ended']:
        together += 1
        if os.cpu_count() > 1:
          assert not set(one['cores']) & set(other['cores'])
  assert together >= 1
  for moment in (note['began'] for note in notes):
    assert sum(n['began'] <= moment < n['ended'] for n in notes) <= 2


def test_the_commands_of_a_run_follow_one_another(tmp_path):
  (cell,) = cells = _cells(tmp_path, ('first', 'second'))
  running.run(cells)
  first, second = _noted(cell)
  assert (first['task'], second['task']) == ('first', 'second')
  assert first['ended'] <= second['began']
  running.run(cells)  # nothing is left to do
  assert len(_noted(cell)) == 2


def test_another_split_is_answered_for_a_finished_run(tmp_path):
  (cell,) = cells = _cells(tmp_path, ('work',))
  running.run(cells)
  more = dataclasses.replace(cell, splits=('validation',))
  assert running.finished(cell)
  assert not running.finished(more)
  running.run([more])
  assert running.finished(more)
  assert running.finished(cell)


def test_one_that_fails_does_not_keep_the_others_from_being_made(tmp_path):
  cells = _cells(tmp_path, ('work', 'fail'), ('work',), ('fail',), ('work',))
  said = 'row 0, seed 0 ended with status 1: It failed.*; see .* 1 others fail'
  with pytest.raises(ValueError, match=said):
    running.run(cells, at_once=2)
  there = [running.finished(cell) for cell in cells]
  assert there == [False, True, False, True]


_COMPARE = """
import pathlib, sys
from distill_jax.comparison import running
from tests.comparison import test_running
running.run(test_running._cells(pathlib.Path(sys.argv[1]), ('wait',)))
"""


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_run_save(tmp_path, number):
  parent = subprocess.Popen(
    [sys.executable, '-c', _COMPARE, str(tmp_path)],
    # A job in the background ignores Ctrl-C, and its children do.
    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
  )
  until = time.monotonic() + 60
  while not (tmp_path / '0' / 'waits').exists():
    assert parent.poll() is None and time.monotonic() < until
    time.sleep(0.05)
  parent.send_signal(number)
  assert parent.wait(30) != 0
  assert (tmp_path / '0' / 'saved').exists()


def test_a_run_waits_for_those_that_it_builds_on(tmp_path):
  first, second, third = _cells(tmp_path, *[('work',)] * 3)
  first = dataclasses.replace(first, needs=(third.folder,))
  running.run([first, second, third], at_once=2)
  ((early,), (late,)) = _noted(third), _noted(first)
  assert early['ended'] <= late['began']


def test_what_builds_on_a_failure_is_not_begun(tmp_path):
  first, second, third = _cells(tmp_path, ('fail',), ('work',), ('work',))
  second = dataclasses.replace(second, needs=(first.folder,))
  with pytest.raises(ValueError, match=r'row 0.*It failed.*1 others failed'):
    running.run([first, second, third])
  assert not second.folder.exists()
  assert _noted(third)
