"""Updates that were skipped, since their gradient has no finite norm."""

import dataclasses
import logging
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
from etils import epath

from distill_jax import places, processes
from distill_jax.losses import mean
from distill_jax.training import finite
from distill_jax.training import step as step_lib

_log = logging.getLogger(__name__)


class Skips:
  """Counts the skipped updates of a run, and ends one that skips too many.

  Whether an update was skipped stays on the devices until `look`.

  Args:
    folder: of the run; `skipped/` there receives the batches.
    most: updates of a network that may be skipped, over the whole run.
    step: the step the run goes on from; batches of later ones are dropped.
    counts: skipped so far, by network.
  """

  def __init__(
    self, folder: epath.Path, most: int, step: int, counts: Mapping[str, int]
  ):
    self._folder, self._most = folder / 'skipped', most
    self.counts = dict(counts)
    self._pending: list[tuple[int, dict[str, jax.Array]]] = []
    if processes.leads():
      self._drop_after(step)

  def row(self) -> dict[str, int]:
    """Returns, for metrics, how many updates were skipped; {} if none."""
    return {f'{network}_skipped': n for network, n in self.counts.items()}

  def take(self, step: int, terms: mean.Terms) -> mean.Terms:
    """Returns the terms of a step without those that count skipped updates.

    Args:
      step: of the phase, from 0.
      terms: of its updates.
    """
    flags = {name: terms[name].total for name in terms if step_lib.counts(name)}
    self._pending.append((step, flags))
    return {name: term for name, term in terms.items() if name not in flags}

  def look(self, first: int, batch: Callable[[int], Any]) -> None:
    """Warns of each update that was skipped since the last look.

    Its batch is written as `skipped/step_N.npz`.

    Args:
      first: steps of the run before its phase.
      batch: returns the batch of a step of the phase.

    Raises:
      finite.NonFiniteError: if too many were skipped.
    """
    pending, self._pending = self._pending, []
    for step, flags in jax.device_get(pending):
      for name in (name for name, flag in flags.items() if flag):
        network = step_lib.counts(name)
        self.counts[network] = self.counts.get(network, 0) + 1
        place = self._folder / f'step_{first + step + 1}.npz'
        if processes.leads():
          _write(place, batch(step))
        self._tell(network, first + step + 1, place)

  def _drop_after(self, step: int) -> None:
    for path in self._folder.glob('step_*.npz'):
      number = path.stem.removeprefix('step_')
      if number.isdecimal() and int(number) > step:  # a user's copies stay
        path.unlink()

  def _tell(self, network: str, step: int, place: epath.Path) -> None:
    count = self.counts[network]
    said = (
      f'The gradient of the {network} has no finite norm in step {step}; its '
      f'batch is in {place}'
    )
    if count > self._most:
      raise finite.NonFiniteError(
        f'{said}. {count} updates of the {network} were skipped for that, more '
        f'than max_skipped={self._most} of the run allows. Look for what these '
        'batches have in common; then allow more of them here, or take a '
        'smaller learning rate in another MODEL_DIR.'
      )
    _log.warning(
      '%s; the update is skipped. Skipped so far: %d, at most %d',
      said,
      count,
      self._most,
    )


def _write(place: epath.Path, batch: Any) -> None:
  """Puts the arrays of a batch into a file, each under its field's name."""
  with places.named(place.parent):
    place.parent.mkdir(parents=True, exist_ok=True)
  with places.replacing(place, 'wb') as file:
    np.savez(
      file,
      **{
        field.name: getattr(batch, field.name)
        for field in dataclasses.fields(batch)
        if isinstance(getattr(batch, field.name), np.ndarray)
      },
    )
