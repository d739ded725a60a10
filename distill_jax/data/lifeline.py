"""A child that does not outlive its parent, whatever ends the parent.

The parent holds one end of a pipe that nobody writes to; the other end is the
child's standard input, which ends when the parent does.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO

_PATIENCE = 30.0  # seconds that a child has for what it does at its end
_ENDS = (signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def held() -> Iterator[int]:
  """Gives the standard input of a child that is to end before the block."""
  theirs, ours = os.pipe()
  try:
    yield theirs
  finally:
    os.close(theirs)
    os.close(ours)


def family(
  command: Sequence[str], env: Mapping[str, str], log: IO[bytes] | None
) -> int:
  """Returns the status of a child, none of whose children outlives this call.

  Where the call is interrupted, the child is told by the end of its standard
  input and has half a minute to `follow`; then the whole family is killed.

  Args:
    command: of the child.
    env: its environment.
    log: what it and its children say goes there; None for our own stderr.
  """
  child = None
  try:
    with held() as stdin:
      child = subprocess.Popen(
        command,
        env=env,
        stdin=stdin,
        stdout=log or subprocess.DEVNULL,
        stderr=log,
        start_new_session=True,  # a group of its own, which can be killed whole
      )
      return child.wait()
  finally:
    if child:
      _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
  """Waits a while for the leader of a group and kills who is left of it."""
  try:
    with contextlib.suppress(subprocess.TimeoutExpired):
      child.wait(_PATIENCE)
  finally:
    with contextlib.suppress(ProcessLookupError, PermissionError):
      os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def follow(
  unfinished: pathlib.Path | None = None,
  first: Callable[[], None] | None = None,
) -> None:
  """Ends this process when standard input ends.

  Args:
    unfinished: a folder that is removed then.
    first: called before that.
  """

  def watch() -> None:
    os.read(0, 1)
    if first:
      with contextlib.suppress(Exception):  # the end comes all the same
        first()
    if unfinished:
      shutil.rmtree(unfinished, ignore_errors=True)
    os._exit(1)

  threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def orderly() -> Iterator[None]:
  """Lets SIGTERM and SIGHUP unwind the block, not end the process at once.

  Whoever has a handler of their own keeps it.
  """
  main = threading.current_thread() is threading.main_thread()
  ours = [one for one in _ENDS if signal.getsignal(one) is signal.SIG_DFL]
  for one in ours if main else ():
    signal.signal(one, _leave)
  try:
    yield
  finally:
    for one in ours if main else ():
      signal.signal(one, signal.SIG_DFL)


def _leave(number: int, _) -> None:
  raise SystemExit(128 + number)
