"""Batches of corrupted passages, in an order that is a function of the step."""

import dataclasses
import functools
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int

from distill_jax import batch as batch_lib
from distill_jax.data import batching, corpus_split, span_corruption
from distill_jax.data import lengths as lengths_lib
from distill_jax.data import loader as loader_lib
from distill_jax.data import order as order_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class CorpusLoader:
  """Turns steps into batches; its position is one integer, the step.

  A passage is corrupted otherwise in every epoch: the spans are a function of
  (seed, epoch, passage).

  Attributes:
    split: the passages.
    batch_size: B.
    corruption: what is taken out of them.
    last_sentinel: id of the first sentinel.
    eos_id: end of a sequence.
    seed: of the order, and of what is taken out.
  """

  split: corpus_split.CorpusSplit
  batch_size: int
  corruption: span_corruption.SpanCorruption
  last_sentinel: int
  eos_id: int = 1
  seed: int = 0

  @functools.cached_property
  def order(self) -> order_lib.Order:
    """The stream of passages that the batches are cut from."""
    return order_lib.Order(
      num_examples=len(self.split), batch_size=self.batch_size, seed=self.seed
    )

  @functools.cached_property
  def widths(self) -> tuple[int, int]:
    """Tokens that hold every input and every target."""
    sizes = [
      (length - taken + spans + 1, taken + spans + 1)
      for length in range(2, self.split.longest + 1)
      for taken, spans in (self.corruption.counts(length),)
    ]
    return tuple(lengths_lib.padded(max(one), 2**30) for one in zip(*sizes))

  def batch(self, step: int) -> batch_lib.Batch:
    """Returns the batch of a step, as numpy arrays."""
    epochs, examples = self.order.positions(step)
    return self._assemble(examples, epochs)

  def prefetch(
    self, first_step: int = 0
  ) -> Iterator[tuple[int, batch_lib.Batch]]:
    """Yields (step, batch) without end, prepared ahead by a thread."""
    return loader_lib.prefetched(self.batch, first_step)

  def evaluation(self) -> Iterator[batch_lib.Batch]:
    """Yields every passage once, corrupted as in the first epoch.

    The last batch is filled up with rows of weight 0 and example index -1.
    """
    for start in range(0, len(self.split), self.batch_size):
      examples = np.arange(start, start + self.batch_size)
      examples[examples >= len(self.split)] = batching.NO_EXAMPLE
      yield self._assemble(examples, np.zeros_like(examples))

  def _assemble(
    self, examples: Int[np.ndarray, ' B'], epochs: Int[np.ndarray, ' B']
  ) -> batch_lib.Batch:
    pairs = [
      self._pair(int(example), int(epoch))
      for example, epoch in zip(examples, epochs)
    ]
    read, written = zip(*pairs)
    number, (width, length) = len(examples), self.widths
    nothing = np.zeros((number, 0), np.int32)
    return batch_lib.Batch(
      label_inputs=batching.padded(read, width),
      label_targets=batching.padded(written, length),
      rationale_inputs=nothing,
      questions=nothing,
      positives=np.zeros((number, 0, 0), np.int32),
      negatives=np.zeros((number, 0, 0), np.int32),
      positive_valid=np.zeros((number, 0), bool),
      negative_valid=np.zeros((number, 0), bool),
      weights=(examples != batching.NO_EXAMPLE).astype(np.float32),
      example_index=examples.astype(np.int32),
    )

  def _pair(
    self, example: int, epoch: int
  ) -> tuple[Sequence[int], Sequence[int]]:
    if example == batching.NO_EXAMPLE:
      return (), ()
    words = np.random.Philox(
      np.random.SeedSequence((self.seed, epoch, example))
    )
    return self.corruption.apply(
      self.split[example].astype(np.int32),
      self.last_sentinel,
      self.eos_id,
      words,
    )
