"""The contrastive loss against hand numbers and a loop over ragged lists."""

import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import test_util

from distill_jax.losses import contrastive, schemes

_MARGIN = 3.0
_SCHEME = schemes.MinMax()
_SHAPE = (12, 5)  # one shape for all tests: compiled once


def _chosen(places, valid):
  """Returns the one-hot rows of the paper's scheme; zeros without a valid."""
  shares = jax.nn.one_hot(places, valid.shape[1]).sum(axis=1)
  return _SCHEME.shares(shares, valid) * shares


def _smallest(nll, valid):
  return _chosen(_SCHEME.positives(nll, valid, None), valid)


def _largest(nll, valid):
  return _chosen(_SCHEME.negatives(nll, valid, None), valid)


def _attract(nll, quality, valid):
  return contrastive.attraction(nll, quality, _smallest(nll, valid))


def _repel(nll, quality, valid):
  shares = _largest(nll, valid)
  return contrastive.repulsion(nll, quality, shares, _MARGIN)


@jax.jit
def _compiled(nll, quality, valid):
  attraction, pull = jax.vjp(
    lambda nll, s: _attract(nll, s, valid), nll, quality
  )
  repulsion, push = jax.vjp(lambda nll, s: _repel(nll, s, valid), nll, quality)
  ones = jnp.ones_like(attraction)
  return {
    'attraction': attraction,
    'repulsion': repulsion,
    'attraction_grads': pull(ones),
    'repulsion_grads': push(ones),
    'active': contrastive.active(nll, _largest(nll, valid), _MARGIN),
    'smallest': _smallest(nll, valid),
    'largest': _largest(nll, valid),
  }


def _packed(rows, hole=0.0):
  """Returns ragged rows as an array, behind holes, and where they lie."""
  values = np.full(_SHAPE, hole, np.float32)
  valid = np.zeros(_SHAPE, bool)
  for i, row in enumerate(rows):
    first = (_SHAPE[1] - len(row)) * (i % 2)  # holes behind, holes in front
    values[i, first : first + len(row)] = row
    valid[i, first : first + len(row)] = True
  return jnp.asarray(values), jnp.asarray(valid)


def _found(nll, quality, hole=0.0):
  """Returns the terms of ragged lists; there are nats and scores in holes."""
  values, valid = _packed(nll, hole)
  scores, _ = _packed(quality, hole)
  return types.SimpleNamespace(**_compiled(values, scores, valid))


def _attraction(nll, quality):
  """The paper's positive term of one question, from lists."""
  if not nll:
    return 0.0
  best = nll.index(min(nll))
  return quality[best] * nll[best]


def _repulsion(nll, quality):
  """The paper's negative term of one question, from lists."""
  clipped = [min(ce - _MARGIN, 0.0) for ce in nll]
  if not clipped:
    return 0.0
  worst = clipped.index(max(clipped))
  return (1.0 - quality[worst]) * clipped[worst]


def _ragged(seed):
  """Lists of 0 to 5 losses around the margin, and scores with 0 and 1."""
  rng = np.random.default_rng(seed)
  counts = rng.integers(0, _SHAPE[1] + 1, _SHAPE[0])
  nll = [list(rng.uniform(0.1, 6.0, n)) for n in counts]
  quality = [list(rng.choice([0.0, 1.0, rng.uniform()], n)) for n in counts]
  return nll, quality


def test_attraction_by_hand():
  found = _found([[2.0, 1.5, 4.0], [2.0, 4.0]], [[0.9, 0.6, 1.0], [0.9, 1.0]])
  np.testing.assert_allclose(found.attraction[:2], [0.6 * 1.5, 0.9 * 2.0])


def test_repulsion_by_hand():
  # Clipped to -2, -1 and -2.5: the maximum is the unlikeliest negative.
  found = _found([[1.0, 2.0, 0.5], [1.0, 0.5]], [[0.1, 0.25, 0.9], [0.1, 0.9]])
  np.testing.assert_allclose(found.repulsion[:2], [0.75 * -1.0, 0.9 * -2.0])


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('hole', [0.0, -9.0, 50.0])
def test_terms_equal_a_loop_over_ragged_lists(seed, hole):
  # What stands in a hole must not matter, even if it would win the choice.
  nll, quality = _ragged(seed)
  found = _found(nll, quality, hole)
  np.testing.assert_allclose(
    found.attraction,
    [_attraction(*row) for row in zip(nll, quality)],
    rtol=1e-5,
  )
  np.testing.assert_allclose(
    found.repulsion,
    [_repulsion(*row) for row in zip(nll, quality)],
    rtol=1e-5,
    atol=1e-6,
  )
  np.testing.assert_array_equal(
    found.active, [bool(row) and max(row) < _MARGIN for row in nll]
  )


def test_one_negative_beyond_the_margin_switches_the_term_off():
  found = _found([[1.0, 3.5], [1.0, 100.0], [1.0, 3.0]], [[0.0, 0.0]] * 3)
  np.testing.assert_array_equal(found.repulsion[:3], [0.0, 0.0, 0.0])
  np.testing.assert_array_equal(found.active[:3], [False, False, False])
  assert not np.any(found.repulsion_grads[0][:2])
  # At the margin itself the slope is one-sided; the other one stays untouched.
  assert found.repulsion_grads[0][2][0] == 0.0


def test_gradient_is_the_score_at_the_chosen_one_alone():
  found = _found(
    [[2.0, 1.5, 4.0], [], [2.5, 1.0]], [[0.9, 0.6, 1.0], [], [0.25, 0.5]]
  )
  pull, push = np.zeros(_SHAPE), np.zeros(_SHAPE)
  pull[0, 1], pull[2, 1], push[2, 0] = 0.6, 0.5, 0.75
  np.testing.assert_allclose(found.attraction_grads[0], pull)
  np.testing.assert_allclose(found.repulsion_grads[0], push)


def test_no_gradient_reaches_the_scores():
  found = _found(*_ragged(3))
  assert np.any(found.attraction_grads[0])
  assert np.any(found.repulsion_grads[0])
  assert not np.any(found.attraction_grads[1])
  assert not np.any(found.repulsion_grads[1])


def test_finite_differences():
  nll, quality = _ragged(7)
  values, valid = _packed(nll)
  scores, _ = _packed(quality)

  @jax.jit
  def terms(nll):
    return (
      _attract(nll, scores, valid),
      _repel(nll, scores, valid),
    )

  test_util.check_grads(terms, (values,), 1, ['rev'], 1e-2, 1e-2, 1e-3)


def test_ties_go_to_the_first():
  found = _found([[2.0, 1.0, 1.0, 2.0]], [[0.5] * 4])
  np.testing.assert_array_equal(found.smallest[0], [0, 1, 0, 0, 0])
  np.testing.assert_array_equal(found.largest[0], [1, 0, 0, 0, 0])


def test_none_valid_is_zero_with_a_zero_gradient():
  found = _found([[], [1.0]], [[], [0.5]], hole=1.0)
  for name in ('attraction', 'repulsion', 'active', 'smallest', 'largest'):
    assert not np.any(getattr(found, name)[0]), name
  for grads in found.attraction_grads + found.repulsion_grads:
    np.testing.assert_array_equal(grads[0], np.zeros(5))


def test_no_slots_at_all():
  nll, none = jnp.zeros((2, 0)), jnp.zeros((2, 0), bool)
  found = _compiled(nll, nll, none)
  for name in ('attraction', 'repulsion', 'active'):
    np.testing.assert_array_equal(found[name], [0, 0])


def test_scores_of_zero_and_one_switch_a_term_off():
  found = _found([[1.0], [1.0]], [[0.0], [1.0]])
  np.testing.assert_array_equal(found.attraction[:2], [0.0, 1.0])
  np.testing.assert_array_equal(found.repulsion[:2], [-2.0, 0.0])


def test_permuting_the_candidates_changes_nothing():
  nll, quality = _ragged(11)
  turned = _found([row[::-1] for row in nll], [row[::-1] for row in quality])
  found = _found(nll, quality)
  np.testing.assert_array_equal(found.attraction, turned.attraction)
  np.testing.assert_array_equal(found.repulsion, turned.repulsion)
