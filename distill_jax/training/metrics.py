"""What a run measures: `metrics.jsonl`, TensorBoard and lines of progress."""

import json
import logging
import os
import time
from collections.abc import Mapping

import jax
from etils import epath

from distill_jax import places, processes
from distill_jax.losses import mean
from distill_jax.training import events

_log = logging.getLogger(__name__)

Sums = dict[str, list[float]]


class Meter:
  """Collects the terms of steps until they are logged.

  Terms stay on the device until they are asked for, so the host does not wait
  for a step that it has only just started.
  """

  def __init__(self, sums: Mapping[str, list[float]] | None = None):
    self._pending: list[mean.Terms] = []
    self._sums: Sums = {name: list(pair) for name, pair in (sums or {}).items()}

  def add(self, terms: mean.Terms) -> None:
    """Takes the terms of one update."""
    self._pending.append(terms)

  def sums(self) -> Sums:
    """Returns [total, count] by name over the steps since the last `take`.

    A copy: a checkpoint is written while the meter goes on.
    """
    pending = [
      {name: (term.total, term.count) for name, term in terms.items()}
      for terms in self._pending
    ]
    for terms in jax.device_get(pending):
      for name, (total, count) in terms.items():
        sums = self._sums.setdefault(name, [0.0, 0.0])
        sums[0] += float(total)
        sums[1] += float(count)
    self._pending.clear()
    return {name: list(pair) for name, pair in self._sums.items()}

  def take(self) -> dict[str, float]:
    """Returns the means by name, and begins anew.

    What was never counted is left out: the mean of nothing is not 0.
    """
    values = {
      name: total / max(count, 1.0)
      for name, (total, count) in self.sums().items()
      if count
    }
    self._sums = {}
    return values


class Unwritten:
  """The history of a process that leaves writing to another one."""

  def write(self, step: int, values: Mapping[str, float]) -> None:
    """Does nothing."""

  def close(self) -> None:
    """Does nothing."""


class History:
  """`metrics.jsonl` and `tensorboard/` of a run.

  The file grows by a line at a time; what was killed in the middle of one loses
  that line alone. An object store cannot append: there it is written anew.

  Args:
    folder: the run's folder.
    step: the step the run goes on from; what was logged after it is dropped,
      since it will be logged again.
  """

  def __init__(self, folder: epath.Path, step: int):
    self._path = folder / 'metrics.jsonl'
    kept = (row for row in read(self._path) if row['step'] <= step)
    self._text = ''.join(map(_line, kept))
    self._grows = '://' not in os.fspath(self._path)
    there = self._path.read_bytes() if self._path.exists() else None
    if there != self._text.encode():
      self._replace()
    self._events = events.Events(folder / 'tensorboard', step)

  def write(self, step: int, values: Mapping[str, float]) -> None:
    """Adds one object to the file, and its values to TensorBoard."""
    line = _line({'step': step, **values})
    self._text += line
    if self._grows:
      with places.named(self._path), self._path.open('a') as file:
        file.write(line)
    else:
      self._replace()
    self._events.add(step, values)

  def _replace(self) -> None:
    with places.replacing(self._path) as file:
      file.write(self._text)

  def close(self) -> None:
    """Flushes TensorBoard's events."""
    self._events.close()


def history(folder: epath.Path, step: int) -> History | Unwritten:
  """Returns the history of a run, which the first of its processes writes.

  Args:
    folder: the run's folder.
    step: the step the run goes on from.
  """
  return History(folder, step) if processes.leads() else Unwritten()


def _line(row: Mapping[str, float]) -> str:
  return json.dumps(row) + '\n'


def read(path: epath.Path) -> list[dict[str, float]]:
  """Returns the objects of a `metrics.jsonl`; none where there is no file.

  A last line that is cut off is dropped, with a warning.

  Raises:
    ValueError: if another line cannot be read.
  """
  if not path.exists():
    return []
  lines = path.read_bytes().decode(errors='replace').splitlines()
  rows = []
  for number, line in enumerate(lines, start=1):
    try:
      rows.append(json.loads(line))
    except ValueError:
      if number < len(lines):
        raise ValueError(
          f'{path}, line {number}, is no JSON: {line[:40]!r}; remove the line.'
        ) from None
      _log.warning('%s: the last line is cut off and dropped', path)
  return rows


class Progress:
  """Lines that say how far a run is, how fast, and how long it will take.

  Args:
    total: steps of the whole run.
    step: steps done before this process.
  """

  def __init__(self, total: int, step: int):
    self._total = total
    self._last = (step, time.monotonic())

  def log(self, step: int, values: Mapping[str, float]) -> None:
    """Logs how far the run is, and what its steps measured."""
    now = time.monotonic()
    last_step, last_time = self._last
    rate = (step - last_step) / max(now - last_time, 1e-9)
    self._last = (step, now)
    _log.info(
      '%d/%d  %.3g steps/s  %s left  %s',
      step,
      self._total,
      rate,
      duration((self._total - step) / max(rate, 1e-9)),
      shown(values),
    )


def shown(values: Mapping[str, float]) -> str:
  """Returns the values as one readable line."""
  return '  '.join(f'{name} {value:.4g}' for name, value in values.items())


def duration(seconds: float) -> str:
  """Returns 3:05 or 1:02:03."""
  minutes, seconds = divmod(round(seconds), 60)
  hours, minutes = divmod(minutes, 60)
  if hours:
    return f'{hours}:{minutes:02}:{seconds:02}'
  return f'{minutes}:{seconds:02}'
