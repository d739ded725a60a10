"""Arrays that are cut over devices, by hand."""

import jax
import jax.numpy as jnp
import numpy as np

from distill_jax.training.memory import cutting, need, peak, traced

_EIGHTH = 1 / 8


def _held(function, *shapes, shares=()):
  """Bytes beside the inputs where each output is cut into eight."""
  given = [jax.ShapeDtypeStruct(shape, np.float32) for shape in shapes]
  closed = jax.make_jaxpr(function)(*given)
  program = traced.of(closed, need.ACCELERATOR.habits, shares)
  cutting.cut(program, dict.fromkeys(program.outputs, _EIGHTH))
  return peak.temporaries(program, peak.as_written)


def test_a_product_is_whole_for_a_moment():
  found = _held(lambda x, y: jnp.dot(x, y) * 3, (16, 32), (32, 64))
  product = 16 * 64 * 4
  assert found == product + product // 8


def test_what_is_made_element_by_element_is_never_whole():
  found = _held(lambda x: jnp.sin(x) + 1, (64, 64), shares=[_EIGHTH])
  assert found == 64 * 64 * 4 // 8


def test_a_loop_stores_its_part_of_every_turn():
  def turns(x):
    return jax.lax.scan(lambda c, row: (c, jnp.dot(row, row)), 0.0, x)[1]

  turn = 32 * 32 * 4
  # Room for five eighths; in a turn what it reads, and its whole product.
  assert _held(turns, (5, 32, 32)) == 5 * turn // 8 + 2 * turn


def test_what_goes_from_turn_to_turn_is_cut():
  def summed(x):
    add = lambda total, row: (total + jnp.dot(row, row), None)
    return jax.lax.scan(add, jnp.zeros((32, 32)), x)[0]

  turn = 32 * 32 * 4
  # The sum so far; in a turn what it reads, and its whole product.
  assert _held(summed, (5, 32, 32)) == turn // 8 + 2 * turn
