"""Batches to measure with: random tokens in full rows, and real data."""

import os
import pathlib

import numpy as np

from benchmarks import networks, timing
from distill_jax import batch as batch_lib
from distill_jax.data import candidates, loader, source
from distill_jax.text import vocabulary

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


def data(task: str) -> source.Source:
  """Returns where a task's tokens come from, with its cache in place.

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
    max_rationales=1,
  )
  try:
    found.build()
  except (RuntimeError, ImportError) as error:
    raise timing.Missing(f'the token cache cannot be built: {error}') from error
  return found


def tokens(batch: batch_lib.Batch) -> tuple[int, int]:
  """Returns the real tokens of label and rationale pass, and all places."""
  arrays = (
    batch.label_inputs,
    batch.label_targets,
    batch.rationale_inputs,
    batch.positives,
    batch.negatives,
  )
  real = sum(int(np.count_nonzero(array)) for array in arrays)
  return real, sum(array.size for array in arrays)


def _draw():
  rng = np.random.default_rng(0)
  return lambda *shape: rng.integers(
    3, networks.VOCABULARY, shape, dtype=np.int32
  )
