"""Batches of questions whose passages are searched in the step."""

import dataclasses
from collections.abc import Iterator

import numpy as np
from jaxtyping import Int

from distill_jax import batch as batch_lib
from distill_jax.data import loader as loader_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class RetrievalLoader:
  """The batches of a loader, with what their passages are sought by.

  Attributes:
    loader: of the student's inputs and targets.
    queries: token ids of each example of its split, padded with 0.
  """

  loader: loader_lib.Loader
  queries: Int[np.ndarray, 'n S']

  def batch(self, step: int) -> batch_lib.RetrievalBatch:
    """Returns the rows of a step's batch, as numpy arrays."""
    found = self.loader.batch(step)
    return batch_lib.RetrievalBatch(
      inputs=found.label_inputs,
      targets=found.label_targets,
      queries=self.queries[found.example_index],
      weights=found.weights,
      example_index=found.example_index,
    )

  def prefetch(
    self, first_step: int = 0
  ) -> Iterator[tuple[int, batch_lib.RetrievalBatch]]:
    """Yields (step, batch) without end, prepared ahead by threads."""
    return loader_lib.prefetched(self.batch, first_step)
