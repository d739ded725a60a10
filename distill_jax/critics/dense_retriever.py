"""Search by the products of vectors."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Collection, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from distill_jax import processes
from distill_jax.critics import dense
from distill_jax.data import batching
from distill_jax.rationales import record
from distill_jax.retrieval import retriever

_BATCH = 128  # texts that are read at once


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class DenseRetriever:
  """A `retriever.Retriever` by the parameters of a moment.

  Every query finds k passages, one without any known word too.

  Attributes:
    encoder: of questions.
    params: its parameters.
    read: from texts to token ids, padded with 0.
    passages: of the corpus.
    embeddings: of the passages, in their order.
    name: of the corpus, for messages.
    place: puts a batch onto the devices of the parameters.
  """

  encoder: dense.DenseEncoder
  params: Any
  read: Callable[[Sequence[str]], Int[np.ndarray, 'B S']]
  passages: Sequence[record.Passage]
  embeddings: Float[np.ndarray, 'N D']
  name: str
  place: Callable[[np.ndarray], Array] = jnp.asarray

  def search(self, queries: Sequence[str], k: int) -> list[list[retriever.Hit]]:
    """The best k passages of each query; see `retriever.Retriever`."""
    if k < 1:
      raise ValueError(f'search: k is {k}, expected at least 1.')
    if not queries:
      return []
    asked = embedded(self.encoder, self.params, self.read(queries), self.place)
    scores = asked @ self.embeddings.T
    order = np.argsort(-scores, axis=-1, kind='stable')[:, :k]
    return [
      [self._hit(number, row[number]) for number in best]
      for row, best in zip(scores, order)
    ]

  def lacking(self, ids: Collection[str]) -> set[str]:
    """Those of some ids that no passage has; see `retriever.Retriever`."""
    return set(ids) - {passage.id for passage in self.passages}

  def describe(self) -> str:
    """What would be searched; see `retriever.Retriever`."""
    return f'trained vectors over {self.name}'

  @property
  def facts(self) -> dict[str, Any]:
    """What decides its hits; see `retriever.Retriever`."""
    digest = hashlib.sha256(self.embeddings.tobytes())
    for leaf in jax.tree.leaves(self.params):
      digest.update(processes.fetch(leaf).tobytes())
    return {'corpus': self.name, 'vectors': digest.hexdigest()}

  def _hit(self, number: int, score: float) -> retriever.Hit:
    passage = self.passages[number]
    return retriever.Hit(id=passage.id, text=passage.text, score=float(score))


def embedded(
  encoder: dense.DenseEncoder,
  params: Any,
  rows: Int[np.ndarray, 'N S'],
  place: Callable[[np.ndarray], Array] = jnp.asarray,
) -> Float[np.ndarray, 'N D']:
  """Returns the vector of each text, read in batches of one shape.

  Args:
    encoder: the network.
    params: its parameters.
    rows: token ids without marks, padded with 0.
    place: puts a batch onto the devices of the parameters.
  """
  found = []
  for start in range(0, len(rows), _BATCH):
    chunk = rows[start : start + _BATCH]
    filled = batching.padded(
      [*chunk, *[()] * (_BATCH - len(chunk))], rows.shape[1]
    )
    found.append(
      processes.fetch(_vectors(encoder, params, place(filled)))[: len(chunk)]
    )
  return np.concatenate(found)


@functools.partial(jax.jit, static_argnums=0)
def _vectors(
  encoder: dense.DenseEncoder, params: Any, rows: Int[Array, 'B S']
) -> Float[Array, 'B D']:
  return encoder.vectors(params, rows)
