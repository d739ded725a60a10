"""Both kinds of reranker: a plain loop, padding, pieces, finite differences."""

import functools

import jax
import jax.numpy as jnp
import jax.test_util
import numpy as np
import pytest
from flax import linen as nn

from distill_jax.critics import pieces, reranker
from tests.critics import rerankers

_Q, _P = rerankers.QUESTIONS, rerankers.PASSAGES
_EVERY = pytest.mark.parametrize('critic', rerankers.ALL)
_ENCODERS = pytest.mark.parametrize('name', ['t5', 'bert'])


@functools.cache
def _params(critic):
  params = jax.jit(critic.init)(jax.random.key(0))
  # The first parameters of BERT's kind are so small that all scores are alike.
  grown = lambda leaf: leaf * (8.0 if leaf.ndim == 2 else 1.0)
  return {'critic': jax.tree.map(grown, params)}


@functools.partial(jax.jit, static_argnums=0)
def _logits(critic, params, questions, passages, rng=None):
  return critic.logits(params, questions, passages, rng)


def _at_width(ids, width):
  padding = [(0, 0)] * (ids.ndim - 1) + [(0, width - ids.shape[-1])]
  return np.pad(ids, padding)


def _vectors(critic, params, ids):
  """The projected tokens of one text, read alone and without padding."""
  texts = jnp.array([[token for token in ids if token]], int)
  hidden, projection = _read(critic, params, texts)
  return np.asarray(
    hidden @ projection['kernel'] + projection['bias'], np.float64
  )


@functools.partial(jax.jit, static_argnums=0)
def _read(critic, params, texts):
  encoder, params = critic.encoder, params['critic']
  rows = encoder.single(texts)
  read = nn.apply(lambda m: encoder.read(m, rows), encoder.module('encoder'))
  return read({'params': params['encoder']})[0], params['projection']


@_ENCODERS
def test_late_interaction_is_the_plain_loop(name):
  critic = rerankers.LATE[name]
  params = _params(critic)
  found = _logits(critic, params, _Q, _P)
  for row, question in enumerate(_Q):
    asked = _vectors(critic, params, question)
    for column, passage in enumerate(_P[row]):
      there = _vectors(critic, params, passage)
      expected = sum(max(float(q @ t) for t in there) for q in asked)
      np.testing.assert_allclose(found[row, column], expected, rtol=1e-4)


def test_by_hand():
  # max(1, 2) + max(0, -1) + 0 for padding, and without the second token 1 + 0.
  questions = jnp.array([[[1.0, 0.0], [0.0, 1.0], [9.0, 9.0]]])
  passages = jnp.array([[[[1.0, 0.0], [2.0, -1.0]], [[1.0, 0.0], [9.0, 9.0]]]])
  found = reranker.late_interaction(
    questions,
    jnp.array([[True, True, False]]),
    passages,
    jnp.array([[[True, True], [True, False]]]),
  )
  np.testing.assert_array_equal(found, [[2.0, 1.0]])


@_EVERY
def test_padding_changes_nothing(critic):
  params = _params(critic)
  expected = _logits(critic, params, _Q, _P)
  assert np.ptp(expected) > 0.01
  close = functools.partial(
    np.testing.assert_allclose, desired=expected, rtol=1e-4, atol=1e-5
  )
  close(_logits(critic, params, _at_width(_Q, 6), _P))
  close(_logits(critic, params, _Q, _at_width(_P, 7)))
  # More candidates, and another question in the batch.
  more = np.concatenate([_P, _P[:, :1] * 0], axis=1)
  close(_logits(critic, params, _Q, more)[:, :3])
  alone = _logits(critic, params, _Q[1:], _P[1:])
  np.testing.assert_allclose(alone, expected[1:], rtol=1e-4, atol=1e-5)


@_EVERY
def test_order_of_candidates_is_that_of_scores(critic):
  params, order = _params(critic), [2, 0, 1]
  found = _logits(critic, params, _Q, _P[:, order])
  expected = _logits(critic, params, _Q, _P)[:, order]
  np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@_EVERY
def test_gradients_at_padding_are_zero(critic):
  """What stands in the embedding of padding is never looked at."""
  params = _params(critic)
  total = lambda params: jnp.sum(critic.logits(params, _Q, _P) ** 2)
  gradient = jax.jit(jax.grad(total))(params)['critic']['encoder']
  table = gradient['token_embedder']['embedding']
  assert np.all(table[0] == 0)
  assert np.any(table[5] != 0)


@_EVERY
def test_gradient_is_the_finite_difference(critic):
  params = _params(critic)['critic']
  leaves, tree = jax.tree.flatten(params)
  # A direction in all parameters at once, small beside them.
  keys = jax.random.split(jax.random.key(1), len(leaves))
  ways = [jax.random.normal(k, x.shape) for k, x in zip(keys, leaves)]

  @jax.jit
  def total(amount):
    moved = [leaf + amount * way for leaf, way in zip(leaves, ways)]
    scores = critic.logits({'critic': tree.unflatten(moved)}, _Q, _P)
    return jnp.sum(jnp.sin(scores))

  with jax.enable_x64():
    leaves = [np.asarray(leaf, np.float64) for leaf in leaves]
    ways = [np.asarray(way, np.float64) for way in ways]
    slope = float(jax.grad(total)(0.0))
    step = 1e-3
    difference = (float(total(step)) - float(total(-step))) / (2 * step)
  np.testing.assert_allclose(slope, difference, rtol=2e-2)
  assert abs(slope) > 0.1


@_EVERY
@pytest.mark.parametrize('size', [2, 3])
def test_pieces_are_the_whole(critic, size):
  params = _params(critic)
  found = jax.jit(lambda params: pieces.logits(critic, params, _Q, _P, size))(
    params
  )
  expected = _logits(critic, params, _Q, _P)
  np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_pieces_need_less_memory():
  critic = rerankers.LATE['t5']
  shapes = [
    jax.ShapeDtypeStruct(shape, jnp.int32) for shape in ((4, 16), (4, 64, 16))
  ]
  like = jax.eval_shape(critic.init, jax.random.key(0))

  def memory(size):
    scored = lambda params, *given: pieces.logits(
      critic, {'critic': params}, *given, size
    )
    compiled = jax.jit(scored).lower(like, *shapes).compile()
    return compiled.memory_analysis().temp_size_in_bytes

  assert memory(8) < memory(64) / 4


@_EVERY
def test_dropout_follows_its_key(critic):
  params = _params(critic)
  draw = lambda seed: _logits(critic, params, _Q, _P, jax.random.key(seed))
  np.testing.assert_array_equal(draw(0), draw(0))
  assert not np.allclose(draw(0), draw(1))
  assert not np.allclose(draw(0), _logits(critic, params, _Q, _P))


@_EVERY
def test_axes_name_every_parameter(critic):
  shapes = jax.eval_shape(critic.init, jax.random.key(0))
  axes = critic.axes()
  ranks = jax.tree.map(lambda leaf, spec: leaf.ndim == len(spec), shapes, axes)
  assert all(jax.tree.leaves(ranks))


def test_a_projection_to_nothing_is_refused():
  with pytest.raises(ValueError, match='projection_dim is 0'):
    reranker.Reranker(encoder=rerankers.T5, projection_dim=0)
