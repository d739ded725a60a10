"""Batches to measure with: random tokens in full rows, and real data."""

import dataclasses
import os
import pathlib
import statistics
from collections.abc import Sequence

import numpy as np

from benchmarks import networks, timing
from distill_jax import batch as batch_lib
from distill_jax.data import candidates, loader, rooms, source
from distill_jax.text import vocabulary

# What a step of DSS reads.
READ = ('label_inputs', 'label_targets', 'rationale_inputs', 'positives')
_CHECKOUT = pathlib.Path(__file__).resolve().parent.parent


def full(
  size: int,
  inputs: int = 128,
  label: int = 8,
  rationale: int = 96,
  num_positives: int = 1,
  num_negatives: int = 0,
) -> batch_lib.Batch:
  """Returns random tokens without any padding.

  Args:
    size: B.
    inputs: S.
    label: T of a label.
    rationale: T of a rationale.
    num_positives: P.
    num_negatives: N.
  """
  draw = _draw()
  return batch_lib.Batch(
    label_inputs=draw(size, inputs),
    label_targets=draw(size, label),
    rationale_inputs=draw(size, inputs),
    questions=draw(size, inputs),
    positives=draw(size, num_positives, rationale),
    negatives=draw(size, num_negatives, rationale),
    positive_valid=np.ones((size, num_positives), bool),
    negative_valid=np.ones((size, num_negatives), bool),
    weights=np.ones((size,), np.float32),
    example_index=np.arange(size, dtype=np.int32),
  )


def ranking(
  size: int, inputs: int, passage: int, number: int
) -> batch_lib.RankingBatch:
  """Returns random questions, each with `number` random passages."""
  draw = _draw()
  rng = np.random.default_rng(1)
  return batch_lib.RankingBatch(
    questions=draw(size, inputs),
    passages=draw(size, number, passage),
    relevance=rng.random((size, number), np.float32),
    valid=np.ones((size, number), bool),
    weights=np.ones((size,), np.float32),
    example_index=np.arange(size, dtype=np.int32),
  )


def real(task: str, size: int) -> loader.Loader:
  """Returns the loader of a data set of the papers, as a run has it.

  One rationale per question, T5's vocabulary, the widths of the split. The
  token cache is built first where it is absent, which needs TensorFlow.

  Args:
    task: 'svamp' or 'cqa'.
    size: questions of a batch.

  Raises:
    timing.Missing: if the files lie nowhere, or the cache cannot be built.
  """
  return loader.Loader(
    split=data(task).open('train'),
    batch_size=size,
    candidates=candidates.First(),
  )


def several(found: loader.Loader, steps: int) -> list[batch_lib.Batch]:
  """Returns the first batches of a loader, with the rooms that a run gives."""
  ladder = rooms.Ladder(found)
  return [ladder.fit(found.batch(step)) for step in range(steps)]


def data(task: str, rationales: int | None = 1) -> source.Source:
  """Returns where a task's tokens come from, with its cache in place.

  Args:
    task: 'svamp' or 'cqa'.
    rationales: how many of a question are read; None for all.

  Raises:
    timing.Missing: if the files lie nowhere, or the cache cannot be built.
  """
  root = pathlib.Path(
    os.environ.get('DISTILL_JAX_SHARED', _CHECKOUT.parent / 'shared' / 'data')
  )
  pieces = root / 'tokenizers' / 't5_spiece.model'
  for path in (root / task, pieces):
    if not path.exists():
      raise timing.Missing(
        f'{path} is absent; set DISTILL_JAX_SHARED to the folder of the data.'
      )
  found = source.Source(
    task=task,
    vocabulary=vocabulary.Vocabulary(path=str(pieces), extra_ids=100),
    data_dir=str(root / task),
    max_rationales=rationales,
  )
  try:
    found.build()
  except (RuntimeError, ImportError, ValueError) as error:
    raise timing.Missing(f'the token cache cannot be built: {error}') from error
  return found


def filled(batch: batch_lib.Batch, parts: int) -> batch_lib.Batch:
  """Returns a batch of full rows with the rooms that a run gives it.

  Args:
    batch: whose rows may differ no more than the rooms' rungs.
    parts: into which devices cut it.
  """
  found = tuple(
    (name, batch_lib.Room(max(1, _fullest(count, parts)), parts))
    for name, count in rooms.counts(batch).items()
  )
  return dataclasses.replace(batch, rooms=found)


def _fullest(count: np.ndarray, parts: int) -> int:
  return int(count.reshape(parts, -1).sum(axis=1).max())


def tokens(batch: batch_lib.Batch) -> int:
  """Returns the real tokens that a step of DSS reads and learns."""
  return sum(int(np.count_nonzero(array)) for array in _arrays(batch, READ))


def longest(array: np.ndarray) -> int:
  """Returns the width of the longest row of ids, at least 1."""
  return max(1, int((array > 0).sum(axis=-1).max(initial=0)))


def shares(
  found: Sequence[batch_lib.Batch], names: Sequence[str]
) -> dict[str, float]:
  """Returns the share of real tokens among those that are worked on.

  By our rooms, in whole arrays of the split's width, and where every batch is
  as wide as its longest row.

  Args:
    found: batches with rooms.
    names: of the arrays that a step reads.
  """
  arrays = [array for batch in found for array in _arrays(batch, names)]
  real = sum(int(np.count_nonzero(array)) for array in arrays)
  by_row = sum(len(array) * longest(array) for array in arrays)
  return {
    'real tokens': statistics.mean(
      rooms.filled(batch, *names) for batch in found
    ),
    'in whole arrays': real / sum(array.size for array in arrays),
    'by the longest row': real / by_row,
  }


def _arrays(batch: batch_lib.Batch, names: Sequence[str]) -> list[np.ndarray]:
  return [
    array.reshape(-1, array.shape[-1])
    for array in (getattr(batch, name) for name in names)
  ]


def _draw():
  rng = np.random.default_rng(0)
  return lambda *shape: rng.integers(
    3, networks.VOCABULARY, shape, dtype=np.int32
  )
