"""Batches of a split, in an order that is a function of the step."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import grain
import numpy as np
from jaxtyping import Int

from distill_jax import batch as batch_lib
from distill_jax.data import batching, cached
from distill_jax.data import candidates as candidates_lib
from distill_jax.data import lengths as lengths_lib
from distill_jax.data import order as order_lib

_FOREVER = 2**31  # steps; grain's range wants an end


@dataclasses.dataclass(frozen=True, kw_only=True)
class Loader:
  """Turns steps into batches; its position is one integer, the step.

  Every process of a run assembles the whole batch, so which examples a step
  sees depends on their number no more than on the steps before it.

  Attributes:
    split: where the tokens come from.
    batch_size: B, examples of a batch.
    candidates: which rationales become positives and negatives.
    seed: of the order.
    lengths: widths of the arrays; by default those of the split. Longer rows
      are cut, so several splits may share the shapes of one.
    threads: that prepare batches ahead of the training step.
    ahead: number of batches prepared ahead.
  """

  split: cached.Split
  batch_size: int
  candidates: candidates_lib.Candidates = candidates_lib.First()
  seed: int = 0
  lengths: lengths_lib.Lengths | None = None
  threads: int = 1
  ahead: int = 4

  def __post_init__(self):
    if not len(self.split):
      raise ValueError(f'The split {self.split.name!r} has no examples.')

  @functools.cached_property
  def order(self) -> order_lib.Order:
    """The stream of examples that the batches are cut from."""
    return order_lib.Order(
      num_examples=len(self.split),
      batch_size=self.batch_size,
      seed=self.seed,
    )

  @property
  def widths(self) -> lengths_lib.Lengths:
    """The widths of the arrays, in tokens."""
    return self.lengths or self.split.lengths

  @property
  def steps_per_epoch(self) -> float:
    """Number of steps in which every example is seen once."""
    return len(self.split) / self.batch_size

  def indices(self, step: int) -> Int[np.ndarray, ' B']:
    """Returns the examples of a step's batch."""
    return self.order.indices(step)

  def upcoming(self, first_step: int, steps: int) -> Int[np.ndarray, ' n']:
    """Returns the examples of `steps` coming steps, each once and sorted."""
    return self.order.upcoming(first_step, steps)

  def batch(self, step: int) -> batch_lib.Batch:
    """Returns the batch of a step, as numpy arrays."""
    epochs, examples = self.order.positions(step)
    return self._assemble(examples, epochs)

  def prefetch(
    self, first_step: int = 0
  ) -> Iterator[tuple[int, batch_lib.Batch]]:
    """Yields (step, batch) without end, prepared ahead by threads."""
    return prefetched(self.batch, first_step, self.threads, self.ahead)

  def evaluation(
    self, batch_size: int | None = None
  ) -> Iterator[batch_lib.Batch]:
    """Yields every example once, in the order of the split.

    The last batch is filled up with rows of weight 0 and example index -1.

    Args:
      batch_size: by default the loader's own.
    """
    size = batch_size or self.batch_size
    for start in range(0, len(self.split), size):
      examples = np.arange(start, start + size)
      examples[examples >= len(self.split)] = batching.NO_EXAMPLE
      yield self._assemble(examples, np.zeros_like(examples))

  def _assemble(
    self,
    examples: Int[np.ndarray, ' B'],
    epochs: Int[np.ndarray, ' B'],
  ) -> batch_lib.Batch:
    return batching.assemble(
      self.split, examples, epochs, self.candidates, self.widths
    )


def prefetched(
  batch: Callable[[int], Any],
  first_step: int = 0,
  threads: int = 1,
  ahead: int = 4,
) -> Iterator[tuple[int, Any]]:
  """Yields (step, batch) without end, prepared ahead by threads.

  Args:
    batch: makes the batch of a step, whatever was made before.
    first_step: the step to begin with.
    threads: that prepare batches.
    ahead: number of batches prepared ahead.
  """
  steps = grain.MapDataset.range(first_step, _FOREVER)
  return iter(
    steps.map(lambda step: (int(step), batch(int(step)))).to_iter_dataset(
      grain.ReadOptions(num_threads=threads, prefetch_buffer_size=ahead)
    )
  )
