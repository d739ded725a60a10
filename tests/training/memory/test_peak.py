"""The memory of small programs, against sums by hand."""

import jax
import jax.numpy as jnp
import pytest

from distill_jax.training.memory import need, peak, program, traced

_N = 64
_SIZE = 4 * _N * _N  # bytes of a matrix
_PLAIN = program.Habits(merging=False, transposing=False, spreading=False)


def _peak(function, number, replaced=False):
  matrix = jax.ShapeDtypeStruct((_N, _N), jnp.float32)
  found = traced.of(jax.make_jaxpr(function)(*[matrix] * number), _PLAIN)
  new = dict(zip(found.inputs, found.outputs)) if replaced else {}
  return peak.temporaries(found, peak.as_written, new) / _SIZE


@pytest.mark.parametrize(
  ('function', 'number', 'expected'),
  [
    # The first product is held until the second is done.
    (lambda a, b: (a @ b) @ b, 2, 2),
    # Elementwise work takes the place of what it reads.
    (lambda a, b: jnp.tanh(a @ b) * 2.0 + 1.0, 2, 1),
    # All that is joined to the sum is never written: 64 numbers are.
    (lambda a: jnp.sum(jnp.tanh(a) * 2.0, axis=1), 1, 1 / _N),
    # tanh is kept for its second reader, beside the product of the first.
    (lambda a: (lambda t: (t @ a) * t)(jnp.tanh(a)), 1, 2),
  ],
)
def test_by_hand(function, number, expected):
  assert _peak(function, number) == expected


def test_what_replaces_its_input_takes_nothing():
  assert _peak(lambda a: a * 2.0, 1) == 1
  assert _peak(lambda a: a * 2.0, 1, replaced=True) == 0


def test_an_input_that_is_read_later_is_copied():
  update = lambda a, b: (a + 1.0, a @ b)
  first = jax.ShapeDtypeStruct((_N, _N), jnp.float32)
  found = traced.of(jax.make_jaxpr(update)(first, first), _PLAIN)
  new = {found.inputs[0]: found.outputs[0]}
  assert peak.temporaries(found, peak.as_written, new) == 2 * _SIZE


def test_room_for_a_loop_is_there_from_the_start_on_a_cpu():
  def stacked(a):
    first = jnp.sin(a) @ a
    return jax.lax.scan(lambda x, _: (x @ a, x @ a), first @ a, length=3)[1]

  matrix = jax.ShapeDtypeStruct((_N, _N), jnp.float32)
  closed = jax.make_jaxpr(stacked)(matrix)
  early = peak.temporaries(traced.of(closed, _PLAIN), need.CPU.order)
  late = peak.temporaries(traced.of(closed, _PLAIN), peak.as_written)
  assert early >= late >= 4 * _SIZE
