"""SIGTERM and Ctrl-C: finish the step, save, then leave."""

import os
import signal
import time

_SAVING = (
  '{}: saving; a second one ends at once, and loses what came after the last '
  'checkpoint\n'
)


# Whoever stops a whole group reaches this process twice: by itself, and by the
# parent that watches over it.
_TWICE = 2.0  # seconds in which two signals are one


class Interrupts:
  """Notes SIGTERM and SIGINT instead of dying from them.

  A second one acts as usual, so a run that hangs can still be stopped.

  Attributes:
    received: the number of the last signal; 0 if there was none.
  """

  def __init__(self):
    self.received, self._since = 0, 0.0
    self._before = {}

  def __enter__(self) -> 'Interrupts':
    for number in (signal.SIGTERM, signal.SIGINT):
      self._before[number] = signal.signal(number, self._note)
    return self

  def __exit__(self, *_) -> None:
    for number, handler in self._before.items():
      signal.signal(number, handler)

  def _note(self, number: int, _) -> None:
    now = time.monotonic()
    if self.received:
      if now - self._since > _TWICE:
        signal.signal(number, self._before[number])
        signal.raise_signal(number)
      return
    self.received, self._since = number, now
    # Not by a logger, whose lock the interrupted line may hold.
    name = signal.Signals(number).name
    os.write(2, _SAVING.format(name).encode())
