"""A parent that outlives its process of a run, and starts it again.

Where another machine is lost, jax may end a process from within, without a word
to Python. So a child does the work; the parent says what happened, leaves with
a status of its own, and starts the child again if it was asked to.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
import types

from distill_jax.data import lifeline

LOST = os.EX_TEMPFAIL  # 75: another process is gone, a new start may help

_CHILD = 'DISTILL_JAX_CHILD'
_FORWARDED = (signal.SIGTERM, signal.SIGINT)
_PAUSE = 5.0  # seconds before a new start, in which the others notice


def supervise(options: argparse.Namespace) -> None:
  """Does in a child what this process was told, and leaves as the child did.

  Returns where this process is that child.
  """
  if os.environ.pop(_CHILD, None):
    lifeline.follow()
    return
  watch = _Watch()
  left = options.restarts
  status = watch.run()
  while watch.may_mend(status) and left:
    print(f'Starting again; {left - 1} times left after that', file=sys.stderr)
    left -= 1
    time.sleep(_PAUSE)
    status = watch.run()
  sys.exit(status)


class _Watch:
  """Runs the child, and passes on the signals that it should have."""

  def __init__(self):
    self._child: subprocess.Popen[bytes] | None = None
    self._stopped = self._killed = False
    for number in _FORWARDED:
      signal.signal(number, self._forward)

  def run(self) -> int:
    """Returns the status that the child ends with.

    `LOST` too where jax has ended it, as it does when another one is lost.
    """
    command = [sys.executable, *sys.orig_argv[1:]]
    with lifeline.held() as theirs:
      self._child = subprocess.Popen(
        command,
        env={**os.environ, _CHILD: '1'},
        stdin=theirs,
        start_new_session=True,  # or Ctrl-C would reach it twice
      )
      status = self._child.wait()
    self._killed = status < 0
    if not self._killed:
      return status
    name = signal.Signals(-status).name
    if -status != signal.SIGABRT:
      print(f'This process was ended by {name}.', file=sys.stderr)
      return 128 - status
    print(
      'jax has ended this process, most likely since another one was lost or '
      'never came; the same command on all machines goes on from the newest '
      'checkpoint, or begins where there is none.',
      file=sys.stderr,
    )
    return LOST

  def may_mend(self, status: int) -> bool:
    """Returns whether a new start may help.

    Not where a user has stopped the run: here, or on another machine, of which
    the child tells by a status above 128 of its own.
    """
    return not self._stopped and (self._killed or status == LOST)

  def _forward(self, number: int, _: types.FrameType | None) -> None:
    self._stopped = True
    if self._child and self._child.poll() is None:
      self._child.send_signal(number)
