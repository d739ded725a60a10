"""Tokens behind one another: by hand, and the same numbers as in rows."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax import batch as batch_lib
from distill_jax.models import rows, t5
from distill_jax.students import encoder_decoder, likelihood

_CONFIG = t5.T5Config(
  vocab_size=24,
  emb_dim=16,
  num_heads=2,
  head_dim=8,
  mlp_dim=32,
  num_encoder_layers=2,
  num_decoder_layers=2,
  dropout_rate=0.2,
)
_INPUTS = np.array(
  [[5, 6, 7, 1], [8, 1, 0, 0], [0, 0, 0, 0], [9, 3, 1, 0]], np.int32
)
_TARGETS = np.array(
  [
    [[3, 4, 1], [7, 1, 0]],
    [[0, 0, 0], [4, 4, 4]],
    [[0, 0, 0], [0, 0, 0]],
    [[6, 1, 0], [0, 0, 0]],
  ],
  np.int32,
)


def test_places_by_hand():
  valid = jnp.array([[5, 6, 0], [7, 0, 0]]) > 0
  layout = rows.lay(valid, batch_lib.Room(4))
  np.testing.assert_array_equal(layout.places, [[0, 1, 3, 6]])
  np.testing.assert_array_equal(layout.tokens, [[0, 1, 4, 2, 4, 4]])
  x = jnp.arange(6.0).reshape(2, 3) + 1
  np.testing.assert_array_equal(rows.flat(layout, x), [[1, 2, 4, 0]])
  back = rows.grid(layout, rows.flat(layout, x))
  np.testing.assert_array_equal(back, [[1, 2, 0], [4, 0, 0]])
  each = rows.spread(layout, jnp.array([[[10.0]], [[20.0]]]))
  np.testing.assert_array_equal(each[0, :3, 0], [10, 10, 20])


def test_parts_have_a_room_each():
  valid = jnp.array([[1, 1, 1], [1, 0, 0], [0, 0, 0], [1, 1, 0]], bool)
  layout = rows.lay(valid, batch_lib.Room(5, parts=2))
  np.testing.assert_array_equal(
    layout.places, [[0, 1, 2, 3, 6], [3, 4, 6, 6, 6]]
  )
  x = jnp.arange(12).reshape(4, 3)
  np.testing.assert_array_equal(
    rows.grid(layout, rows.flat(layout, x)), jnp.where(valid, x, 0)
  )


@pytest.mark.parametrize('room', [None, batch_lib.Room(6), batch_lib.Room(9)])
def test_rows_stay_where_nothing_is_saved(room):
  assert rows.lay(jnp.ones((2, 3), bool), room) is None


def test_the_gradient_of_a_move_is_that_of_indexing():
  layout = rows.lay(jnp.asarray(_INPUTS > 0), batch_lib.Room(11))
  weights = jax.random.normal(jax.random.key(0), (1, 11, 3))
  x = jax.random.normal(jax.random.key(1), (4, 4, 3))
  found = jax.grad(lambda x: jnp.sum(weights * rows.flat(layout, x)))(x)
  expected = np.zeros((4, 4, 3), np.float32)
  for token, (b, s) in enumerate(np.argwhere(_INPUTS > 0)):
    expected[b, s] = weights[0, token]
  np.testing.assert_array_equal(found, expected)


def _loss(student, params, rooms, rng):
  def choose(nll):
    return jnp.argmax(nll, axis=1, keepdims=True)

  found = likelihood.candidates(
    student,
    params,
    jnp.asarray(_INPUTS),
    jnp.asarray(_TARGETS),
    choose,
    rng,
    rooms,
  )
  label = likelihood.target(
    student,
    params,
    jnp.asarray(_INPUTS),
    jnp.asarray(_TARGETS[:, 0]),
    rng,
    likelihood.Rooms(rooms.inputs, rooms.chosen),
  )
  return jnp.sum(found.chosen_nats) + jnp.sum(label.nats), found.nats


@pytest.mark.parametrize(
  ('parts', 'seed', 'switches'),
  [
    pytest.param(1, None, {}, marks=pytest.mark.slow),
    (2, 3, {'logits_via_embedding': True}),
    pytest.param(
      1, 3, {'scan_layers': True, 'remat': True}, marks=pytest.mark.slow
    ),
  ],
)
def test_losses_and_gradients_are_those_of_the_rows(parts, seed, switches):
  student = encoder_decoder.EncoderDecoder(
    config=dataclasses.replace(_CONFIG, **switches)
  )
  params = jax.jit(student.init)(jax.random.key(0))
  tokens = {1: (9, 10, 8), 2: (6, 8, 6)}[parts]  # of the fullest part
  rooms = [batch_lib.Room(number, parts) for number in tokens]
  rooms = likelihood.Rooms(*rooms)
  rng = None if seed is None else jax.random.key(seed)
  of = lambda params, rooms: _loss(student, params, rooms, rng)
  measure = jax.jit(jax.value_and_grad(of, has_aux=True), static_argnums=1)
  (expected, nats), expected_grad = measure(params, likelihood.UNKNOWN)
  (found, own), grad = measure(params, rooms)
  np.testing.assert_allclose(found, expected, rtol=1e-6)
  np.testing.assert_allclose(own, nats, rtol=1e-5)
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6),
    grad,
    expected_grad,
  )
