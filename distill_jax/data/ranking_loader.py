"""Batches of candidates, in an order that is a function of the step."""

import dataclasses
import functools
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int

from distill_jax import batch as batch_lib
from distill_jax.data import batching, passage_sampling, ranking_split
from distill_jax.data import loader as loader_lib
from distill_jax.data import order as order_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class RankingLoader:
  """Turns steps into batches; its position is one integer, the step.

  Attributes:
    split: where the rows come from.
    batch_size: B, rows of a batch.
    passages: which candidates of a row are seen.
    seed: of the order.
  """

  split: ranking_split.RankingSplit
  batch_size: int
  passages: passage_sampling.Passages = passage_sampling.Passages()
  seed: int = 0

  @functools.cached_property
  def order(self) -> order_lib.Order:
    """The stream of rows that the batches are cut from."""
    return order_lib.Order(
      num_examples=len(self.split), batch_size=self.batch_size, seed=self.seed
    )

  def batch(self, step: int) -> batch_lib.RankingBatch:
    """Returns the batch of a step, as numpy arrays."""
    epochs, examples = self.order.positions(step)
    rows = [self.split[int(example)] for example in examples]
    chosen = [
      self.passages.choose(row.found_by, int(epoch), int(example))
      for row, epoch, example in zip(rows, epochs, examples)
    ]
    return assemble(self.split, examples, rows, chosen, self.passages.total)

  def prefetch(
    self, first_step: int = 0
  ) -> Iterator[tuple[int, batch_lib.RankingBatch]]:
    """Yields (step, batch) without end, prepared ahead by a thread."""
    return loader_lib.prefetched(self.batch, first_step)


def evaluation(
  split: ranking_split.RankingSplit, batch_size: int, limit: int | None = None
) -> Iterator[batch_lib.RankingBatch]:
  """Yields every row once with all its candidates, all batches of one shape.

  The last batch is filled up with rows of weight 0 and example index -1.

  Args:
    split: where the rows come from.
    batch_size: B.
    limit: only the first rows; None for all.
  """
  total = len(split) if limit is None else min(limit, len(split))
  width = max((len(split[i].candidates) for i in range(total)), default=0)
  for start in range(0, total, batch_size):
    examples = np.arange(start, start + batch_size)
    examples[examples >= total] = batching.NO_EXAMPLE
    rows = [split[int(i)] for i in examples if i != batching.NO_EXAMPLE]
    chosen = [list(range(len(row.candidates))) for row in rows]
    yield assemble(split, examples, rows, chosen, max(width, 1))


def assemble(
  split: ranking_split.RankingSplit,
  examples: Int[np.ndarray, ' B'],
  rows: Sequence[ranking_split.Row],
  chosen: Sequence[Sequence[int]],
  num: int,
) -> batch_lib.RankingBatch:
  """Returns the batch of some rows, as numpy arrays.

  Args:
    split: where the passages are.
    examples: numbers of the rows; `NO_EXAMPLE` for those behind the last one.
    rows: of these numbers.
    chosen: which candidates of each row are seen.
    num: K; what a row lacks stays empty.
  """
  size = len(examples)
  shape = (size, num)
  relevance, valid = np.zeros(shape, np.float32), np.zeros(shape, bool)
  texts = []
  for at, (row, picks) in enumerate(zip(rows, chosen)):
    relevance[at, : len(picks)] = row.relevance[list(picks)]
    valid[at, : len(picks)] = True
    texts += [split.passage(row.candidates[pick]) for pick in picks]
    texts += [()] * (num - len(picks))
  texts += [()] * ((size - len(rows)) * num)
  questions = [row.question for row in rows] + [()] * (size - len(rows))
  passages = batching.padded(texts, split.passage_width)
  return batch_lib.RankingBatch(
    questions=batching.padded(questions, split.question_width),
    passages=passages.reshape(*shape, -1),
    relevance=relevance,
    valid=valid,
    weights=(examples != batching.NO_EXAMPLE).astype(np.float32),
    example_index=examples.astype(np.int32),
  )
