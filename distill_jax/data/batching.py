"""Rows of unequal length to the rectangular arrays of a batch."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Int

from distill_jax import batch as batch_lib
from distill_jax.data import cached
from distill_jax.data import candidates as candidates_lib
from distill_jax.data import lengths as lengths_lib

NO_EXAMPLE = -1  # the example index of a row that only fills the batch


def assemble(
  split: cached.Split,
  examples: Int[np.ndarray, ' B'],
  epochs: Int[np.ndarray, ' B'],
  candidates: candidates_lib.Candidates,
  lengths: lengths_lib.Lengths,
) -> batch_lib.Batch:
  """Returns the batch of some examples, as numpy arrays.

  Args:
    split: where their tokens are.
    examples: their indices; `NO_EXAMPLE` gives an empty row of weight 0.
    epochs: per row, the pass over the split; the candidates vary by it.
    candidates: which rationales become positives and negatives.
    lengths: widths of the arrays; longer rows are cut.
  """
  real = examples != NO_EXAMPLE
  rows = [split.row(int(i)) if ok else None for i, ok in zip(examples, real)]
  columns = {
    feature: padded(
      [getattr(row, feature) if row else () for row in rows],
      lengths.of(feature),
    )
    for feature in cached.FEATURES
  }
  chosen = [
    candidates.choose(row.votes, int(epoch), int(example)) if row else ([], [])
    for row, epoch, example in zip(rows, epochs, examples)
  ]
  width = lengths.of('rationales')
  positives, positive_valid = _stacked(
    rows, [won for won, _ in chosen], candidates.num_positives, width
  )
  negatives, negative_valid = _stacked(
    rows, [lost for _, lost in chosen], candidates.num_negatives, width
  )
  return batch_lib.Batch(
    **columns,
    positives=positives,
    negatives=negatives,
    positive_valid=positive_valid,
    negative_valid=negative_valid,
    weights=real.astype(np.float32),
    example_index=examples.astype(np.int32),
  )


def padded(
  rows: Iterable[Sequence[int]], width: int
) -> Int[np.ndarray, 'n width']:
  """Returns the rows behind one another, cut or filled with 0.

  padded([[5, 1], [6, 7, 8, 1]], 3) is [[5, 1, 0], [6, 7, 8]].
  """
  rows = list(rows)
  array = np.zeros((len(rows), width), np.int32)
  for target, row in zip(array, rows):
    kept = row[:width]
    target[: len(kept)] = kept
  return array


def by_length(
  inputs: Sequence[Sequence[int]], size: int, widest: int
) -> Iterator[tuple[Int[np.ndarray, ' R'], Int[np.ndarray, 'B S']]]:
  """Yields the places of inputs of similar length, and those in one array.

  The shortest come first. An array is as wide as its longest input asks for;
  behind the last inputs come empty rows.

  Args:
    inputs: token ids, not padded.
    size: B.
    widest: S of the widest array.
  """
  order = np.argsort([len(ids) for ids in inputs], kind='stable')
  for start in range(0, len(order), size):
    places = order[start : start + size]
    rows = [inputs[place] for place in places]
    width = lengths_lib.rung(len(rows[-1]), widest)
    yield places, padded([*rows, *[()] * (size - len(rows))], width)


def pairs(
  rows: Sequence[tuple[Sequence[int], Sequence[int]]],
  size: int,
  widths: tuple[int, int],
) -> Iterator[tuple[int, Int[np.ndarray, 'B S'], Int[np.ndarray, 'B T']]]:
  """Gives (real rows, first ids, second ids), batches of one shape.

  The last batch is filled up with empty rows.

  Args:
    rows: pairs of token ids.
    size: B.
    widths: S and T; longer rows are cut.
  """
  for start in range(0, len(rows), size):
    chunk = rows[start : start + size]
    first, second = zip(*chunk, *[((), ())] * (size - len(chunk)))
    yield len(chunk), padded(first, widths[0]), padded(second, widths[1])


def _stacked(
  rows: Sequence[cached.Row | None],
  chosen: Sequence[Sequence[int]],
  num: int,
  width: int,
) -> tuple[Int[np.ndarray, 'B K T'], Bool[np.ndarray, 'B K']]:
  """Returns the chosen rationales of every row, and which of them are real.

  An empty rationale, nothing but its end, is no candidate.
  """
  texts, valid = [], np.zeros((len(rows), num), bool)
  for i, (row, picks) in enumerate(zip(rows, chosen)):
    found = [row.rationales[k] for k in picks if len(row.rationales[k]) > 1]
    valid[i, : len(found)] = True
    texts += found + [()] * (num - len(found))
  return padded(texts, width).reshape(len(rows), num, width), valid
