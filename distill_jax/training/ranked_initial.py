"""First parameters that a run of rankings has trained."""

import dataclasses
from typing import Any

import jax
from etils import epath

from distill_jax.training import best, checkpoints, partition, ranking


@dataclasses.dataclass(frozen=True, kw_only=True)
class FromRanking:
  """The best critic of a `ranking_run.RankingRun`, whole.

  Attributes:
    path: the folder of that run.
    macro: what `path` is called in the run file, for messages.
  """

  path: str | None
  macro: str = dataclasses.field(
    default='CRITIC_INITIAL_CHECKPOINT', compare=False
  )

  def check(self, network: partition.Network) -> None:
    """Raises ValueError if there is no such run."""
    del network
    if not self.path or not (self._folder / best.FOLDER).is_dir():
      raise ValueError(
        f'{self.macro} is {self.path}, which has no best/, expected the folder '
        'of a run that trained this encoder; give it by '
        f'--gin.{self.macro}=/path.'
      )
    with checkpoints.opened(self._folder / best.FOLDER) as store:
      best.newest(self._folder, store, 'critic')

  def params(
    self, mesh: jax.sharding.Mesh, network: partition.Network, rng: jax.Array
  ) -> Any:
    """Returns the parameters; see `initial.Initial`."""
    del rng
    self.check(network)
    like = partition.abstract_parameters(mesh, network)
    return ranking.load(self._folder, like)[1]

  @property
  def _folder(self) -> epath.Path:
    return epath.Path(self.path).expanduser()
