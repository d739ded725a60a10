"""The best network of a run, by validation alone."""

from collections.abc import Callable, Mapping
from typing import Any

from etils import epath

from distill_jax.training import checkpoints

FOLDER = 'best'
_KINDS = {'student': 'student', 'critic': 'reranker'}

Rank = tuple[float, ...]


def newest(folder: epath.Path, store: checkpoints.Store, name: str) -> int:
  """Returns the step of a run's best network.

  Args:
    folder: of the run.
    store: of the best networks in it.
    name: of the network that is to be read.

  Raises:
    ValueError: if there is none, or that of a run of another kind.
  """
  steps = store.steps()
  if not steps:
    raise ValueError(
      f'{folder} has no best {_KINDS[name]} yet; the run has not been '
      'validated.'
    )
  there = store.shapes(steps[-1])
  if name not in there:
    held = ', '.join(f'{one!r} (a {_KINDS.get(one, one)})' for one in there)
    raise ValueError(
      f'{folder} holds the best of a run of another kind, {held}, expected '
      f'{name!r} (a {_KINDS[name]}); give the folder of a run that trained one.'
    )
  return steps[-1]


class Best:
  """Keeps the parameters of the best network so far, in `best/`.

  Args:
    folder: of the run.
    like: shapes and places of the parameters, by network: of the best one, and
      of those that it is used with. What cannot be read is set aside.
    about: what a checkpoint says of the network, see `finished.about`.
    rank: from validation metrics to what is larger for a better network.
  """

  def __init__(
    self,
    folder: epath.Path,
    like: Mapping[str, Any],
    about: Mapping[str, Any],
    rank: Callable[[Mapping[str, float]], Rank],
  ):
    self._names, self._about, self._ranked = tuple(like), about, rank
    self._store = checkpoints.Store(folder / FOLDER, keep=1)
    self._rank = self._found(dict(like))

  def _found(self, like: dict[str, Any]) -> Rank | None:
    for step in reversed(self._store.steps()):
      try:
        self._store.load(step, like)
        return self._ranked(self._store.facts(step))
      except checkpoints.DamagedError as error:
        self._store.set_aside(step, error)
    return None

  @property
  def empty(self) -> bool:
    """Whether none was offered yet."""
    return self._rank is None

  def offer(
    self, step: int, params: Mapping[str, Any], values: Mapping[str, float]
  ) -> None:
    """Keeps the network if it is better than all before it.

    Args:
      step: of the run.
      params: parameters of each network by name.
      values: its validation metrics.
    """
    rank = self._ranked(values)
    if self._rank is None or rank > self._rank:
      self._rank = rank
      facts = {**values, **self._about}
      kept = {name: params[name] for name in self._names}
      self._store.save(step, kept, facts)

  def wait(self) -> None:
    """Returns when the best one is on disk."""
    self._store.wait()

  def close(self) -> None:
    """Waits for what is being written."""
    self._store.close()
