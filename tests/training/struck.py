"""Trains, and is struck in a step that the test has chosen.

  python -m tests.training.struck KILL:7:0.1 [arguments of train]

The last process of the run is: KILL ends it and the parent that watches it, at
once and so many seconds after the step has begun, GATHER when it is about to
gather something from all, as for a checkpoint; TERM reaches it alone, and STOP
makes it hang. LOSE ends it alone, and only once: its parent may start it
again. SPOIL spoils the weight of a row that lies on its devices.
"""

import dataclasses
import os
import pathlib
import signal
import sys
import threading

import numpy as np
from jax.experimental import multihost_utils

from distill_jax import train
from distill_jax.training import runner


def _strike(name: str) -> None:
  if name == 'KILL':
    os.kill(os.getppid(), signal.SIGKILL)
  number = 'KILL' if name == 'LOSE' else name
  os.kill(os.getpid(), signal.Signals[f'SIG{number}'])


def _goes_on() -> bool:
  """Whether this run has been started before."""
  macro = '--gin.MODEL_DIR='
  folder = next(one for one in sys.argv if one.startswith(macro))
  path = pathlib.Path(folder.removeprefix(macro)) / 'checkpoints'
  return path.exists() and any(one.name.isdigit() for one in path.iterdir())


def _main() -> None:
  name, step, delay = sys.argv.pop(1).split(':')
  last = f'--process_index={_number("--process_count=") - 1}'
  advance = runner.PhaseRunner.advance
  if name == 'LOSE' and _goes_on():
    step = -1

  def struck(self, number, batch):
    if self.first_step + number != int(step):
      return advance(self, number, batch)
    if name == 'SPOIL':
      weights = np.append(batch.weights[:-1], np.float32(np.nan))
      batch = dataclasses.replace(batch, weights=weights)
    elif last in sys.argv and name == 'GATHER':
      multihost_utils.process_allgather = lambda *_, **__: _strike('KILL')
    elif last in sys.argv:
      threading.Timer(float(delay), _strike, [name]).start()
    return advance(self, number, batch)

  runner.PhaseRunner.advance = struck
  train.main()


def _number(option: str) -> int:
  found = next(one for one in sys.argv if one.startswith(option))
  return int(found.removeprefix(option))


if __name__ == '__main__':
  _main()
