"""SIGTERM and Ctrl-C: finish the step, save, then leave."""

import os
import signal

_SAVING = (
  '{}: saving; a second one ends at once, and loses what came after the last '
  'checkpoint\n'
)


class Interrupts:
  """Notes SIGTERM and SIGINT instead of dying from them.

  A second signal of the same kind acts as usual, so a run that hangs can still
  be stopped.

  Attributes:
    received: the number of the last signal; 0 if there was none.
  """

  def __init__(self):
    self.received = 0
    self._before = {}

  def __enter__(self) -> 'Interrupts':
    for number in (signal.SIGTERM, signal.SIGINT):
      self._before[number] = signal.signal(number, self._note)
    return self

  def __exit__(self, *_) -> None:
    for number, handler in self._before.items():
      signal.signal(number, handler)

  def _note(self, number: int, _) -> None:
    self.received = number
    # Not by a logger, whose lock the interrupted line may hold.
    name = signal.Signals(number).name
    os.write(2, _SAVING.format(name).encode())
    signal.signal(number, self._before[number])
