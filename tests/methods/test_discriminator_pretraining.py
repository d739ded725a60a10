"""How corrupted rationales balance the critic's pre-training."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from distill_jax.methods import discriminator_pretraining
from tests.methods import ragged


def _shifted(rng, texts):
  """Stands for a corruption: moves all tokens by a number of the key."""
  return jnp.where(texts > 0, texts + jax.random.randint(rng, (), 99, 999), 0)


@functools.partial(jax.jit, static_argnums=2)
def _seen(batch, rng=None, min_corrupted=0):
  """Returns the batch and the key that the loss is asked for."""
  method = discriminator_pretraining.DiscriminatorPretraining(
    discrimination=lambda params, batch, rng: (batch, rng),
    corruption=_shifted,
    min_corrupted=min_corrupted,
  )
  return method({}, batch, rng)


def _masks(batch, min_corrupted=0):
  seen, _ = _seen(batch, None, min_corrupted)
  width = batch.negatives.shape[1]
  np.testing.assert_array_equal(
    seen.negative_valid[:, :width], batch.negative_valid
  )
  np.testing.assert_array_equal(seen.negatives[:, :width], batch.negatives)
  np.testing.assert_array_equal(seen.positives, batch.positives)
  return np.asarray(seen.negative_valid[:, width:]).astype(int).tolist()


def test_each_question_gets_the_negatives_it_lacks():
  counts = [(4, 1), (2, 2), (1, 2), (0, 2), (3, 0), (0, 0)]
  batch = ragged.batch(ragged.questions(0, counts), 4, 2)
  # `ragged.batch` puts the empty slots first.
  assert _masks(batch) == [
    [1, 1, 1, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 1, 1, 1],
    [0, 0, 0, 0],
  ]


def test_the_minimum_holds_where_there_are_positives():
  counts = [(4, 1), (2, 2), (1, 2), (0, 2), (0, 0), (1, 0)]
  batch = ragged.batch(ragged.questions(1, counts), 4, 2)
  assert _masks(batch, min_corrupted=2) == [
    [1, 1, 1, 0],
    [0, 0, 1, 1],
    [0, 0, 0, 1],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 1],
  ]


def test_balance_holds_for_any_question():
  rng = np.random.default_rng(0)
  batch = ragged.batch(ragged.questions(2, [(4, 2)] * 6), 4, 2)
  batch = dataclasses.replace(
    batch,
    positive_valid=rng.random((6, 4)) < 0.6,
    negative_valid=rng.random((6, 2)) < 0.5,
  )
  for row, positives, negatives in zip(
    _masks(batch), batch.positive_valid, batch.negative_valid
  ):
    num_positives, num_negatives = int(positives.sum()), int(negatives.sum())
    assert sum(row) == max(num_positives - num_negatives, 0)
    assert not np.any(np.array(row) > np.array(positives))


def test_a_corrupted_copy_stands_behind_its_original():
  batch = ragged.batch(ragged.questions(3, [(2, 0)]), 4, 2)
  seen, _ = _seen(batch)
  copies = seen.negatives[:, 2:]
  shift = copies[batch.positives > 0] - batch.positives[batch.positives > 0]
  assert len(set(shift.tolist())) == 1
  np.testing.assert_array_equal(copies == 0, batch.positives == 0)


def test_copies_are_fresh_with_each_key_and_equal_with_the_same():
  batch = ragged.batch(ragged.questions(4, [(2, 0)]), 4, 2)
  keys = [jax.random.key(seed) for seed in (1, 2, 1)]
  (first, _), (second, _), (again, _) = (_seen(batch, key) for key in keys)
  assert np.any(first.negatives != second.negatives)
  np.testing.assert_array_equal(first.negatives, again.negatives)


def test_dropout_has_a_key_of_its_own_or_none():
  batch = ragged.batch(ragged.questions(5, [(1, 0)]), 4, 2)
  key = jax.random.key(0)
  _, dropout = _seen(batch, key)
  assert not np.array_equal(
    jax.random.key_data(dropout), jax.random.key_data(key)
  )
  assert _seen(batch, None)[1] is None
