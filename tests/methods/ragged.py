"""Questions as ragged lists, the same as a batch, and networks of numbers.

The student is a table of nats: what a token costs behind a question, whatever
stands before it. The critic is a table of logits: what a candidate scores that
begins with a token. So a method's result can be worked out on paper, and the
gradient in a table tells which candidate was learnt from.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from distill_jax import batch as batch_lib
from distill_jax.losses import mean
from distill_jax.students import student as student_lib

VOCAB = 24
INPUTS = 16
LENGTH = 5
ROWS = 6  # of a batch, unless a test asks for another number: compiled once


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
  """One question: token ids without padding, no masks."""

  label_input: int
  rationale_input: int
  label: list[int]
  positives: list[list[int]]
  negatives: list[list[int]]


def questions(seed: int, counts: list[tuple[int, int]]) -> list[Question]:
  """Returns a question for each (number of positives, of negatives)."""
  rng = np.random.default_rng(seed)

  def text() -> list[int]:
    return list(rng.integers(2, VOCAB, rng.integers(1, LENGTH + 1)))

  return [
    Question(
      label_input=2 * i + 1,
      rationale_input=2 * i + 2,
      label=text(),
      positives=[text() for _ in range(num_positives)],
      negatives=[text() for _ in range(num_negatives)],
    )
    for i, (num_positives, num_negatives) in enumerate(counts)
  ]


def params(seed: int):
  """Returns tables for both networks: nats around a margin of 3, logits."""
  rng = np.random.default_rng(seed)
  nats = rng.uniform(0.2, 5.0, (INPUTS, VOCAB)).astype(np.float32)
  logits = rng.normal(0.0, 1.5, (INPUTS, VOCAB)).astype(np.float32)
  return {'student': nats, 'critic': logits}


@functools.partial(jax.jit, static_argnums=(0, 1))
def measured(method, network: str, params, batch: batch_lib.Batch):
  """Returns an objective, its gradient in one network, and its terms."""

  def loss(own):
    terms = method(params | {network: own}, batch, None)
    return mean.objective(terms), terms

  (value, terms), grad = jax.value_and_grad(loss, has_aux=True)(params[network])
  return value, grad, terms


def lists(table) -> list[list[float]]:
  """Returns a table as lists of Python floats, for `formulas`."""
  return np.asarray(table, np.float64).tolist()


def batch(
  rows: list[Question],
  num_positives: int,
  num_negatives: int,
  size: int = ROWS,
) -> batch_lib.Batch:
  """Returns the questions as arrays, filled up to `size` by weight 0."""
  filling = size - len(rows)
  rows = rows + rows[:1] * filling
  positives, positive_valid = _slots(
    [row.positives for row in rows], num_positives
  )
  negatives, negative_valid = _slots(
    [row.negatives for row in rows], num_negatives
  )
  weights = np.ones(len(rows), np.float32)
  weights[size - filling :] = 0.0
  arrays = {
    'label_inputs': [[row.label_input] for row in rows],
    'label_targets': [_padded(row.label) for row in rows],
    'rationale_inputs': [[row.rationale_input] for row in rows],
    'questions': [[row.rationale_input] for row in rows],
    'positives': positives,
    'negatives': negatives,
    'positive_valid': positive_valid,
    'negative_valid': negative_valid,
    'weights': weights,
    'example_index': np.arange(len(rows)),
  }
  return batch_lib.Batch(**_arrays(arrays))


@dataclasses.dataclass(frozen=True)
class Table:
  """A student that looks its nats up; other verbs are not needed here."""

  def encode(self, params, inputs, rng=None, room=None):
    del rng, room
    hidden = params[inputs[:, 0]][:, None]
    return student_lib.Encoded(hidden=hidden, valid=inputs > 0)

  def nll(self, params, encoded, targets, rng=None, row_ids=None, room=None):
    del params, rng, row_ids, room
    weights = (targets > 0).astype(jnp.float32)
    tables = encoded.hidden[:, 0]
    tables = jnp.repeat(tables, len(targets) // len(tables), axis=0)
    nats = jnp.take_along_axis(tables, targets, axis=-1)
    return student_lib.TokenNLL(nats=nats * weights, weights=weights)


@dataclasses.dataclass(frozen=True)
class Scores:
  """A critic that looks its logits up; with `noise`, if it gets a key."""

  noise: float = 0.0

  def logits(self, params, questions, candidates, rng=None, rooms=None):
    del rooms
    table = params['critic']
    if rng is not None:
      table = table + self.noise * jax.random.normal(rng, table.shape)
    return table[questions[:, :1], candidates[:, :, 0]]


def _padded(tokens: list[int]) -> list[int]:
  return tokens + [0] * (LENGTH - len(tokens))


def _slots(rows: list[list[list[int]]], num: int):
  """Returns B K T tokens and B K masks; the empty slots come first."""
  tokens = np.zeros((len(rows), num, LENGTH), np.int32)
  valid = np.zeros((len(rows), num), bool)
  for i, row in enumerate(rows):
    for k, text in enumerate(row, num - len(row)):
      tokens[i, k], valid[i, k] = _padded(text), True
  return tokens, valid


def _arrays(lists):
  return {
    name: jnp.asarray(np.asarray(value, getattr(value, 'dtype', np.int32)))
    for name, value in lists.items()
  }
