"""The contrastive loss against hand numbers and a loop over ragged lists."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import test_util

from distill_jax.losses import contrastive

_MARGIN = 3.0


def _pack(rows, width, hole=0.0):
  """Returns ragged rows as an array and its mask, with holes in between."""
  values = np.full((len(rows), width), hole, np.float32)
  valid = np.zeros((len(rows), width), bool)
  for i, row in enumerate(rows):
    places = np.random.default_rng(i).permutation(width)[: len(row)]
    places.sort()
    values[i, places], valid[i, places] = row, True
  return jnp.asarray(values), jnp.asarray(valid)


def _attraction(nll, quality):
  """The paper's positive term of one question, from lists without holes."""
  if not nll:
    return 0.0
  best = nll.index(min(nll))
  return quality[best] * nll[best]


def _repulsion(nll, quality, margin):
  """The paper's negative term of one question, from lists without holes."""
  clipped = [min(ce - margin, 0.0) for ce in nll]
  if not clipped:
    return 0.0
  worst = clipped.index(max(clipped))
  return (1.0 - quality[worst]) * clipped[worst]


def _ragged(seed, rows=12, width=4):
  """Lists of 0 to `width` losses around the margin, and scores with 0 and 1."""
  rng = np.random.default_rng(seed)
  counts = rng.integers(0, width + 1, rows)
  nll = [list(rng.uniform(0.1, 6.0, n)) for n in counts]
  quality = [
    list(rng.choice([0.0, 1.0, rng.uniform()], n, p=[0.2, 0.2, 0.6]))
    for n in counts
  ]
  return nll, quality


def test_attraction_by_hand():
  nll = jnp.array([[2.0, 1.5, 4.0]])
  quality = jnp.array([[0.9, 0.6, 1.0]])
  valid = jnp.array([[True, True, True]])
  np.testing.assert_allclose(
    contrastive.attraction(nll, quality, valid), [0.6 * 1.5], rtol=1e-6
  )
  valid = jnp.array([[True, False, True]])
  np.testing.assert_allclose(
    contrastive.attraction(nll, quality, valid), [0.9 * 2.0], rtol=1e-6
  )


def test_repulsion_by_hand():
  # Clipped to -2, -1 and -2.5: the maximum is the unlikeliest negative.
  nll = jnp.array([[1.0, 2.0, 0.5]])
  quality = jnp.array([[0.1, 0.25, 0.9]])
  valid = jnp.array([[True, True, True]])
  np.testing.assert_allclose(
    contrastive.repulsion(nll, quality, valid, _MARGIN), [0.75 * -1.0]
  )
  valid = jnp.array([[True, False, True]])
  np.testing.assert_allclose(
    contrastive.repulsion(nll, quality, valid, _MARGIN), [0.9 * -2.0]
  )


@pytest.mark.parametrize('easy', [3.0, 3.5, 100.0])
def test_one_negative_beyond_the_margin_switches_the_term_off(easy):
  nll = jnp.array([[1.0, easy]])
  both = jnp.array([[True, True]])

  def term(nll):
    return jnp.sum(contrastive.repulsion(nll, jnp.zeros((1, 2)), both, _MARGIN))

  value, grad = jax.value_and_grad(term)(nll)
  assert value == 0.0
  assert grad[0, 0] == 0.0
  if easy > _MARGIN:
    assert not np.any(grad)
  assert not contrastive.active(nll, both, _MARGIN)[0]


@pytest.mark.parametrize('seed', range(5))
def test_terms_equal_a_loop_over_ragged_lists(seed):
  nll, quality = _ragged(seed)
  # What stands in a hole must not matter, even if it would win the choice.
  for hole in (0.0, -9.0, 50.0):
    values, valid = _pack(nll, 5, hole)
    scores, _ = _pack(quality, 5, hole)
    np.testing.assert_allclose(
      contrastive.attraction(values, scores, valid),
      [_attraction(*row) for row in zip(nll, quality)],
      rtol=1e-5,
    )
    np.testing.assert_allclose(
      contrastive.repulsion(values, scores, valid, _MARGIN),
      [_repulsion(*row, _MARGIN) for row in zip(nll, quality)],
      rtol=1e-5,
      atol=1e-6,
    )
    np.testing.assert_array_equal(
      contrastive.active(values, valid, _MARGIN),
      [bool(row) and all(ce < _MARGIN for ce in row) for row in nll],
    )


def test_gradient_is_the_score_at_the_chosen_one_alone():
  nll = jnp.array([[2.0, 1.5, 4.0], [2.5, 1.0, 2.9]])
  quality = jnp.array([[0.9, 0.6, 1.0], [0.5, 0.5, 0.25]])
  valid = jnp.array([[True, True, True], [True, True, False]])

  def positive(nll):
    return jnp.sum(contrastive.attraction(nll, quality, valid))

  def negative(nll):
    return jnp.sum(contrastive.repulsion(nll, quality, valid, _MARGIN))

  np.testing.assert_allclose(
    jax.grad(positive)(nll), [[0.0, 0.6, 0.0], [0.0, 0.5, 0.0]]
  )
  np.testing.assert_allclose(
    jax.grad(negative)(nll), [[0.0, 0.0, 0.0], [0.5, 0.0, 0.0]]
  )


def test_finite_differences():
  nll, quality = _ragged(7)
  values, valid = _pack(nll, 5)
  scores, _ = _pack(quality, 5)

  def terms(nll):
    return (
      contrastive.attraction(nll, scores, valid),
      contrastive.repulsion(nll, scores, valid, _MARGIN),
    )

  test_util.check_grads(terms, (values,), 1, ['rev'], 1e-2, 1e-2, 1e-3)


def test_no_gradient_reaches_the_scores():
  nll, quality = _ragged(3)
  values, valid = _pack(nll, 5)
  scores, _ = _pack(quality, 5)

  def total(scores):
    return jnp.sum(contrastive.attraction(values, scores, valid)) + jnp.sum(
      contrastive.repulsion(values, scores, valid, _MARGIN)
    )

  assert np.any(total(scores) != total(1 - scores))
  assert not np.any(jax.grad(total)(scores))


def test_ties_go_to_the_first():
  valid = jnp.array([[False, True, True, True]])
  nll = jnp.array([[1.0, 1.0, 1.0, 2.0]])
  np.testing.assert_array_equal(
    contrastive.smallest(nll, valid), [[0, 1, 0, 0]]
  )
  np.testing.assert_array_equal(
    contrastive.largest(-nll, valid), [[0, 1, 0, 0]]
  )


def test_none_valid_is_zero_with_a_zero_gradient():
  nll, none = jnp.ones((2, 3)), jnp.zeros((2, 3), bool)

  def total(nll):
    return jnp.sum(contrastive.attraction(nll, nll, none)) + jnp.sum(
      contrastive.repulsion(nll, nll, none, _MARGIN)
    )

  value, grad = jax.value_and_grad(total)(nll)
  assert value == 0.0
  np.testing.assert_array_equal(grad, jnp.zeros((2, 3)))
  assert not np.any(contrastive.smallest(nll, none))
  assert not np.any(contrastive.active(nll, none, _MARGIN))


def test_no_slots_at_all():
  nll, none = jnp.zeros((2, 0)), jnp.zeros((2, 0), bool)
  np.testing.assert_array_equal(contrastive.attraction(nll, nll, none), [0, 0])
  np.testing.assert_array_equal(
    contrastive.repulsion(nll, nll, none, _MARGIN), [0, 0]
  )
  np.testing.assert_array_equal(
    contrastive.active(nll, none, _MARGIN), [False, False]
  )


def test_scores_of_zero_and_one_switch_a_term_off():
  nll, valid = jnp.array([[1.0]]), jnp.array([[True]])
  zero, one = jnp.zeros((1, 1)), jnp.ones((1, 1))
  assert contrastive.attraction(nll, zero, valid) == 0.0
  assert contrastive.attraction(nll, one, valid) == 1.0
  assert contrastive.repulsion(nll, one, valid, _MARGIN) == 0.0
  assert contrastive.repulsion(nll, zero, valid, _MARGIN) == -2.0


def test_permuting_the_candidates_changes_nothing():
  nll, quality = _ragged(11)
  values, valid = _pack(nll, 5)
  scores, _ = _pack(quality, 5)
  order = jnp.array([3, 0, 4, 2, 1])
  for term in (
    contrastive.attraction,
    lambda *args: contrastive.repulsion(*args, _MARGIN),
  ):
    np.testing.assert_array_equal(
      term(values, scores, valid),
      term(values[:, order], scores[:, order], valid[:, order]),
    )
