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
    like: shapes and places of the student's parameters. A best student that
      cannot be read is set aside.
    about: what a checkpoint says of the student, see `finished.about`.
  """

  def __init__(self, folder: epath.Path, like: Any, about: Mapping[str, Any]):
    self._about = about
    self._store = checkpoints.Store(folder / 'best', keep=1)
    self._rank = self._found(like)

  def _found(self, like: Any) -> tuple[float, float] | None:
    for step in reversed(self._store.steps()):
      try:
        self._store.load(step, {'student': like})
        return _rank(self._store.facts(step))
      except checkpoints.DamagedError as error:
        self._store.set_aside(step, error)
    return None

  @property
  def empty(self) -> bool:
    """Whether no student was offered yet."""
    return self._rank is None

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
      facts = {**values, **self._about}
      self._store.save(step, {'student': params}, facts)

  def wait(self) -> None:
    """Returns when the best student is on disk."""
    self._store.wait()

  def close(self) -> None:
    """Waits for what is being written."""
    self._store.close()


def _rank(values: Mapping[str, float]) -> tuple[float, float]:
  return values['accuracy'], -values['label_nll']
