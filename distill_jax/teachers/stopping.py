"""Interrupts of a process that has requests under way."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def interrupts(
  first: Callable[[], None], second: Callable[[], None]
) -> Iterator[None]:
  """Calls one function at the first interrupt and another at each later one.

  Where nobody can interrupt, outside the main thread, nothing is called.
  """
  loop = asyncio.get_running_loop()
  calls = iter((first,))
  interrupted = lambda: next(calls, second)()
  try:
    for one in _SIGNALS:
      loop.add_signal_handler(one, interrupted)
  except (RuntimeError, ValueError):
    yield
    return
  try:
    yield
  finally:
    for one in _SIGNALS:
      loop.remove_signal_handler(one)
