"""The discriminator: one compact row per candidate, wherever padding lies."""

import jax
import numpy as np
import pytest

from distill_jax.critics import discriminator
from distill_jax.models import t5

_CONFIG = t5.T5Config(
  vocab_size=24,
  emb_dim=16,
  num_heads=2,
  head_dim=8,
  mlp_dim=16,
  num_encoder_layers=1,
  num_decoder_layers=1,
  dropout_rate=0.3,
)
_CRITIC = discriminator.Discriminator(config=_CONFIG, hidden_dim=8)
_QUESTIONS = np.array([[5, 6, 7, 0], [8, 9, 0, 0]], np.int32)
_CANDIDATES = np.array(
  [[[3, 4, 1, 0], [7, 1, 0, 0], [0, 0, 0, 0]],
   [[4, 4, 4, 4], [5, 1, 0, 0], [6, 7, 8, 1]]], np.int32
)  # fmt: skip


@pytest.fixture(scope='module')
def params():
  return jax.jit(_CRITIC.init)(jax.random.key(0))


@jax.jit
def _logits(params, *given):
  return _CRITIC.logits({'critic': params}, *given)


def _at_width(ids, width):
  padding = [(0, 0)] * (ids.ndim - 1) + [(0, width - ids.shape[-1])]
  return np.pad(ids, padding)


def test_rows_by_hand():
  rows = discriminator.joined(_QUESTIONS, _CANDIDATES, eos_id=1)
  np.testing.assert_array_equal(
    rows,
    [
      [
        [5, 6, 7, 1, 3, 4, 1, 0, 0],
        [5, 6, 7, 1, 7, 1, 0, 0, 0],
        [5, 6, 7, 1, 0, 0, 0, 0, 0],
      ],
      [
        [8, 9, 1, 4, 4, 4, 4, 0, 0],
        [8, 9, 1, 5, 1, 0, 0, 0, 0],
        [8, 9, 1, 6, 7, 8, 1, 0, 0],
      ],
    ],
  )


def test_padding_changes_nothing(params):
  logits = _logits(params, _QUESTIONS, _CANDIDATES)
  wider = _logits(params, _at_width(_QUESTIONS, 7), _at_width(_CANDIDATES, 6))
  assert logits.shape == (2, 3)
  np.testing.assert_allclose(wider, logits, rtol=1e-5, atol=1e-6)


def test_permuting_the_candidates_permutes_the_scores(params):
  logits = _logits(params, _QUESTIONS, _CANDIDATES)
  order = [2, 0, 1]
  permuted = _logits(params, _QUESTIONS, _CANDIDATES[:, order])
  np.testing.assert_allclose(permuted, logits[:, order], rtol=1e-6, atol=1e-6)


def test_question_and_candidate_both_matter(params):
  logits = _logits(params, _QUESTIONS, _CANDIDATES)
  others = _logits(params, _QUESTIONS[::-1], _CANDIDATES)
  assert np.all(np.abs(logits - others) > 1e-5)
  assert np.ptp(logits[0]) > 1e-5


def test_dropout_needs_a_key(params):
  calls = [
    _logits(params, _QUESTIONS, _CANDIDATES, rng)
    for rng in (jax.random.key(1), jax.random.key(2), None, None)
  ]
  assert np.any(calls[0] != calls[1])
  np.testing.assert_array_equal(calls[2], calls[3])


def test_rows_without_any_token_stay_finite(params):
  def total(params):
    return _logits(params, 0 * _QUESTIONS, 0 * _CANDIDATES).sum()

  value, grads = jax.jit(jax.value_and_grad(total))(params)
  assert np.isfinite(value)
  assert all(np.all(np.isfinite(grad)) for grad in jax.tree.leaves(grads))


def test_axes_name_every_parameter(params):
  axes = _CRITIC.axes()
  ranks = jax.tree.map(lambda leaf, spec: leaf.ndim == len(spec), params, axes)
  assert all(jax.tree.leaves(ranks))
