"""Updates that were skipped, since their gradient was not finite."""

import dataclasses
import io
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
    counts: skipped so far, by network.
  """

  def __init__(
    self, folder: epath.Path, most: int, counts: Mapping[str, int] | None = None
  ):
    self._folder, self._most = folder / 'skipped', most
    self.counts: dict[str, int] = dict(counts or {})
    self._pending: list[tuple[int, dict[str, jax.Array]]] = []

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
        place = self._keep(first + step + 1, batch(step))
        self._tell(network, first + step + 1, place)

  def _tell(self, network: str, step: int, place: epath.Path) -> None:
    count = self.counts[network]
    said = (
      f'The gradient of the {network} held a NaN or an infinity in step '
      f'{step}; its batch is in {place}'
    )
    if count > self._most:
      raise finite.NonFiniteError(
        f'{said}. {count} updates of the {network} were skipped for that, more '
        f'than max_skipped={self._most} of the run allows: {finite.ADVICE}'
      )
    _log.warning(
      '%s; the update is skipped. Skipped so far: %d, at most %d',
      said,
      count,
      self._most,
    )

  def _keep(self, step: int, batch: Any) -> epath.Path:
    place = self._folder / f'step_{step}.npz'
    if processes.leads():
      self._folder.mkdir(parents=True, exist_ok=True)
      arrays = {
        field.name: getattr(batch, field.name)
        for field in dataclasses.fields(batch)
        if isinstance(getattr(batch, field.name), np.ndarray)
      }
      file = io.BytesIO()
      np.savez(file, **arrays)
      part = self._folder / f'{place.name}.part'
      with places.named(place):
        part.write_bytes(file.getvalue())
      part.replace(place)
    return place
