"""Other processes, as Linux lists them in /proc."""

import pathlib
import time

import pytest

_PROC = pathlib.Path('/proc')

needed = pytest.mark.skipif(
  not (_PROC / 'self').is_dir(),
  reason='looks for processes in /proc, which other systems than Linux lack',
)


def until(condition, seconds=20):
  """Returns when the condition holds, which it must within that time."""
  deadline = time.monotonic() + seconds
  while not condition():
    assert time.monotonic() < deadline
    time.sleep(0.02)


def lives(pid):
  """Whether a process runs; one that nobody waits for yet does not."""
  return _state(pid)[0] not in 'ZX'


def of_group(group):
  """Numbers of the processes of a group that still run."""
  found = {pid: _state(pid) for pid in _all()}
  return {
    pid
    for pid, (state, its) in found.items()
    if its == group and state not in 'ZX'
  }


def mentioning(word):
  """Numbers of the processes in whose command a word stands."""
  return {pid for pid in _all() if word.encode() in _read(pid, 'cmdline')}


def _all():
  return [int(path.name) for path in _PROC.glob('[0-9]*')]


def _state(pid):
  """The letter of a process's state, 'X' where there is none, and its group."""
  words = _read(pid, 'stat').rpartition(b')')[2].split()
  return (words[0].decode(), int(words[2])) if words else ('X', None)


def _read(pid, name):
  try:
    return (_PROC / str(pid) / name).read_bytes()
  except OSError:
    return b''
