"""The best student of a run, by validation alone."""

from collections.abc import Mapping
from typing import Any

from etils import epath

from distill_jax.training import checkpoints


class Best:
  """Keeps the parameters of the best student so far, in `best/`.

  Better is a higher accuracy; at equal accuracy fewer nats per label token.

  Args:
    folder: of the run.
  """

  def __init__(self, folder: epath.Path):
    self._store = checkpoints.Store(folder / 'best', keep=1)
    steps = self._store.steps()
    self._rank = _rank(self._store.facts(steps[-1])) if steps else None

  def offer(self, step: int, params: Any, values: Mapping[str, float]) -> None:
    """Keeps the student if it is better than all before it.

    Args:
      step: of the run.
      params: the student's parameters.
      values: its validation metrics.
    """
    rank = _rank(values)
    if self._rank is None or rank > self._rank:
      self._rank = rank
      self._store.save(step, {'student': params}, values)

  def wait(self) -> None:
    """Returns when the best student is on disk."""
    self._store.wait()

  def close(self) -> None:
    """Waits for what is being written."""
    self._store.close()


def _rank(values: Mapping[str, float]) -> tuple[float, float]:
  return values['accuracy'], -values['label_nll']
