"""A child that does not outlive its parent, whatever ends the parent.

The parent holds one end of a pipe that nobody writes to; the other end is the
child's standard input, which ends when the parent does.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import threading
from collections.abc import Iterator

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


def follow(unfinished: pathlib.Path | None = None) -> None:
  """Ends this process when standard input ends.

  Args:
    unfinished: a folder that is removed then.
  """

  def watch() -> None:
    os.read(0, 1)
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
