"""Who stops a builder stops its tokeniser too, and nothing is left behind."""

import os
import signal
import subprocess
import sys

import pytest

from distill_jax.data import lifeline
from tests import proc

_CHILD = """
import os, pathlib, sys, time
from distill_jax.data import lifeline
folder = pathlib.Path(sys.argv[1])
lifeline.follow(folder)
(folder / 'pid').write_text(str(os.getpid()))
os.rename(folder / 'pid', folder.parent / 'pid')
time.sleep(60)
"""
_GRANDCHILD = """
import os, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
(folder / 'own').write_text(str(os.getpid()))
os.rename(folder / 'own', folder / 'pid')
time.sleep(60)
"""
_PARENT = f"""
import subprocess, sys
from distill_jax.data import lifeline
with lifeline.orderly(), lifeline.held() as stdin:
  subprocess.run([sys.executable, '-c', {_CHILD!r}, sys.argv[1]], stdin=stdin)
"""


@proc.needed
@pytest.mark.parametrize(
  ('number', 'code'),
  [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_a_child_ends_with_its_parent(tmp_path, number, code):
  folder = tmp_path / 'aside'
  folder.mkdir()
  parent = subprocess.Popen([sys.executable, '-c', _PARENT, str(folder)])
  try:
    proc.until((tmp_path / 'pid').exists)
    child = int((tmp_path / 'pid').read_text())
    assert proc.lives(child)
    parent.send_signal(number)
    assert parent.wait(20) == code
    proc.until(lambda: not proc.lives(child))
    if number == signal.SIGKILL:
      assert not folder.exists(), 'nobody else could remove it'
  finally:
    parent.kill()


_LEADER = f"""
import subprocess, sys
subprocess.run([sys.executable, '-c', {_GRANDCHILD!r}, sys.argv[1]])
"""
_HEAD = f"""
import os, sys
from distill_jax.data import lifeline
lifeline._PATIENCE = 0.2
with lifeline.orderly():
  command = [sys.executable, '-c', {_LEADER!r}, sys.argv[1]]
  lifeline.family(command, os.environ, None)
"""


@proc.needed
def test_a_family_ends_whole_even_if_its_leader_does_not_listen(tmp_path):
  head = subprocess.Popen([sys.executable, '-c', _HEAD, str(tmp_path)])
  try:
    proc.until((tmp_path / 'pid').exists)
    last = int((tmp_path / 'pid').read_text())
    assert proc.lives(last)
    head.send_signal(signal.SIGTERM)
    assert head.wait(20) == 128 + signal.SIGTERM
    proc.until(lambda: not proc.lives(last))
  finally:
    head.kill()


def test_a_familys_status_and_words(tmp_path):
  code = 'import sys; print("so", file=sys.stderr); sys.exit(3)'
  with (tmp_path / 'log').open('wb') as log:
    command = [sys.executable, '-c', code]
    assert lifeline.family(command, os.environ, log) == 3
  assert (tmp_path / 'log').read_text() == 'so\n'


def test_sigterm_unwinds_and_is_given_back():
  unwound = []
  with pytest.raises(SystemExit) as stopped:
    with lifeline.orderly():
      try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
      finally:
        unwound.append(True)
  assert unwound
  assert stopped.value.code == 128 + signal.SIGTERM
  assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_handler_of_ones_own_is_kept():
  before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
  try:
    with lifeline.orderly():
      assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
  finally:
    signal.signal(signal.SIGTERM, before)
