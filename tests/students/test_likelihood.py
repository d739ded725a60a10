"""Candidates of one question: read once, scored apart."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax import keys
from distill_jax.losses import sequence
from distill_jax.models import t5
from distill_jax.students import encoder_decoder, likelihood

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
_STUDENT = encoder_decoder.EncoderDecoder(config=_CONFIG)
_INPUTS = np.array([[5, 6, 7, 1], [8, 1, 0, 0]], np.int32)
_TARGETS = np.array(
  [[[3, 4, 1], [7, 1, 0], [0, 0, 0]], [[4, 4, 4], [5, 1, 0], [1, 0, 0]]],
  np.int32,
)


@pytest.fixture(scope='module')
def params():
  return jax.jit(_STUDENT.init)(jax.random.key(0))


def _first(nll):
  return jnp.zeros((len(nll), min(1, nll.shape[1])), jnp.int32)


@jax.jit
def _nll(params, inputs, targets, rng=None):
  found = likelihood.candidates(_STUDENT, params, inputs, targets, _first, rng)
  return found.nats


def test_candidates_equal_a_loop_over_them(params):
  found = _nll(params, _INPUTS, _TARGETS)
  one = jax.jit(functools.partial(likelihood.target, _STUDENT))
  for k in range(_TARGETS.shape[1]):
    nll = one(params, _INPUTS, _TARGETS[:, k])
    for b, tokens in enumerate((_TARGETS[:, k] > 0).sum(axis=1)):
      expected = sum(nll.nats[b, :tokens].tolist()) / max(tokens, 1)
      np.testing.assert_allclose(found[b, k], expected, rtol=1e-5)


def test_an_empty_candidate_costs_nothing(params):
  assert _nll(params, _INPUTS, _TARGETS)[0, 2] == 0.0


def test_permuting_the_candidates_permutes(params):
  order = [2, 0, 1]
  np.testing.assert_allclose(
    _nll(params, _INPUTS, _TARGETS[:, order]),
    _nll(params, _INPUTS, _TARGETS)[:, order],
    rtol=1e-5,
  )


def test_each_candidate_has_a_dropout_mask_of_its_own(params):
  same = np.repeat(_TARGETS[:, :1], 3, axis=1)
  dropped = _nll(params, _INPUTS, same, jax.random.key(1))
  assert all(len(set(row)) == 3 for row in np.asarray(dropped).tolist())
  kept = np.asarray(_nll(params, _INPUTS, same))
  np.testing.assert_allclose(kept, kept[:, :1].repeat(3, 1), rtol=1e-6)


def test_no_candidate_at_all(params):
  assert _nll(params, _INPUTS, _TARGETS[:, :0]).shape == (2, 0)


def test_the_chosen_ones_keep_the_values_they_were_chosen_by(params):
  choose = lambda nll: jax.lax.top_k(-nll, 2)[1]
  scored = jax.jit(
    lambda params: likelihood.candidates(
      _STUDENT, params, _INPUTS, jnp.asarray(_TARGETS), choose
    )
  )(params)
  expected = np.sort(np.asarray(scored.nats), axis=1)[:, :2]
  np.testing.assert_array_equal(scored.chosen_nats, expected)


@pytest.mark.parametrize('seed', [None, 0])
def test_the_gradient_is_that_of_the_chosen_ones(params, seed):
  """Against the gradient of a plain mean over a chosen target's tokens."""
  rng = None if seed is None else jax.random.key(seed)
  chosen = jnp.array([[1, 0], [1, 2]])
  scale = jnp.array([[2.0, -0.5], [1.5, 4.0]])
  targets = jnp.asarray(_TARGETS)

  def found(params):
    scored = likelihood.candidates(
      _STUDENT, params, _INPUTS, targets, lambda _: chosen, rng
    )
    unmoved = jnp.sum(scored.nats)  # has no gradient
    return jnp.sum(scale * scored.chosen_nats) + unmoved

  def expected(params):
    """The same with every target on a row of its own."""
    encoder_rng, decoder_rng = keys.split(rng, 2)
    encoded = _STUDENT.encode(params, _INPUTS, encoder_rng)
    total = 0.0
    for b, row in enumerate(chosen.tolist()):
      of_row = jax.tree.map(lambda x, b=b: x[b : b + 1], encoded)
      for place, k in enumerate(row):
        own = jnp.array([3 * b + k])
        nll = _STUDENT.nll(
          params, of_row, _TARGETS[b, k][None], decoder_rng, own
        )
        tokens = max(np.sum(_TARGETS[b, k] > 0), 1)
        total += scale[b, place] * jnp.sum(nll.nats) / tokens
    return total

  grads = jax.jit(jax.grad(found))(params), jax.jit(jax.grad(expected))(params)
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), *grads
  )


def test_the_question_is_encoded_once():
  config = dataclasses.replace(
    _CONFIG,
    emb_dim=32,
    mlp_dim=64,
    num_encoder_layers=2,
    num_decoder_layers=2,
    dropout_rate=0.0,
  )
  student = encoder_decoder.EncoderDecoder(config=config)

  def once(params, inputs, targets):
    choose = lambda nll: jax.lax.top_k(nll, 2)[1]
    scored = likelihood.candidates(student, params, inputs, targets, choose)
    return scored.chosen_nats.sum()

  def repeated(params, inputs, targets):
    rows = jnp.repeat(inputs, targets.shape[1], axis=0)
    nll = likelihood.target(
      student, params, rows, targets.reshape(-1, targets.shape[-1])
    )
    return sequence.per_sequence(nll.nats, nll.weights).sum()

  batch, length, candidates, tokens = 4, 128, 6, 16
  arguments = (
    jax.eval_shape(student.init, jax.random.key(0)),
    jax.ShapeDtypeStruct((batch, length), jnp.int32),
    jax.ShapeDtypeStruct((batch, candidates, tokens), jnp.int32),
  )

  def flops(loss) -> float:
    return jax.jit(jax.grad(loss)).lower(*arguments).cost_analysis()['flops']

  assert flops(repeated) > 2.0 * flops(once)


def test_where_all_are_chosen_they_are_scored_once(params):
  def flops(choose) -> float:
    def loss(params, inputs, targets):
      scored = likelihood.candidates(_STUDENT, params, inputs, targets, choose)
      return jnp.sum(jnp.square(scored.chosen_nats))

    lowered = jax.jit(jax.grad(loss)).lower(params, _INPUTS, _TARGETS)
    return lowered.cost_analysis()['flops']

  every = lambda nll: jnp.broadcast_to(jnp.arange(nll.shape[1]), nll.shape)
  most = lambda nll: every(nll)[:, :-1]  # two of three, after a look at all
  assert flops(every) < flops(most)
