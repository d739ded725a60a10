"""The dense retriever of a run that was trained."""

import dataclasses
import functools
from collections.abc import Collection, Sequence
from typing import Any

from etils import epath

from distill_jax.critics import dense_retriever
from distill_jax.retrieval import retriever
from distill_jax.training import best, checkpoints, dense_search, partition

_CRITIC = 'critic'


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainedRetriever:
  """Searches by the encoder of questions that a run's best student has.

  Nothing is opened before it is needed.

  Attributes:
    engine: as in that run.
    path: the folder of the run.
    mesh: the devices.
  """

  engine: dense_search.DenseSearch
  path: str
  mesh: partition.Mesh = partition.Mesh()

  def search(self, queries: Sequence[str], k: int) -> list[list[retriever.Hit]]:
    """The best k passages of each query; see `retriever.Retriever`.

    Raises:
      ValueError: there is no such run, or one over another corpus.
    """
    return self._opened.search(queries, k)

  def lacking(self, ids: Collection[str]) -> set[str]:
    """Those of some ids that no passage has; see `retriever.Retriever`."""
    return self._opened.lacking(ids)

  def describe(self) -> str:
    """What would be searched; see `retriever.Retriever`."""
    return f'{self.engine.describe()}, by {self.path}'

  @property
  def facts(self) -> dict[str, Any]:
    """What decides its hits; see `retriever.Retriever`."""
    return self._opened.facts

  @functools.cached_property
  def _opened(self) -> dense_retriever.DenseRetriever:
    folder, mesh = epath.Path(self.path).expanduser(), self.mesh.build()
    embeddings = self.engine.load(folder)
    like = partition.abstract_parameters(mesh, self.engine.encoder)
    with checkpoints.opened(folder / best.FOLDER) as store:
      step = best.newest(folder, store, _CRITIC)
      found = store.load_part(step, {_CRITIC: like})
    return self.engine.retriever(found[_CRITIC], embeddings, mesh)
