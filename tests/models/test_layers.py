"""Products that accumulate in float32."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax.models import layers

_SPECS = ('nd,dv->nv', 'nhtc,nhsc->nhts')


def _factors(spec, dtype):
  shapes = {'nd,dv->nv': [(5, 8), (8, 7)]}.get(
    spec, [(2, 3, 4, 8), (2, 3, 5, 8)]
  )
  rng = np.random.default_rng(0)
  return [jnp.asarray(rng.normal(size=shape), dtype) for shape in shapes]


def _loss(product, spec):
  return lambda a, b: jnp.sum(jnp.sin(product(spec, a, b)))


def _plain(spec, a, b):
  return jnp.einsum(spec, a, b, preferred_element_type=jnp.float32)


@pytest.mark.parametrize('spec', _SPECS)
def test_in_float32_it_is_an_einsum(spec):
  factors = _factors(spec, jnp.float32)
  own, plain = (
    jax.value_and_grad(_loss(product, spec), argnums=(0, 1))(*factors)
    for product in (layers.accumulated, _plain)
  )
  jax.tree.map(np.testing.assert_array_equal, own, plain)


@pytest.mark.parametrize('spec', _SPECS)
def test_in_bfloat16_every_product_is_of_bfloat16(spec):
  """Jax's own rule makes two of the three products of float32 factors."""
  factors = _factors(spec, jnp.bfloat16)
  types = {}
  for product in (layers.accumulated, _plain):
    gradient = jax.grad(_loss(product, spec), argnums=(0, 1))
    program = jax.make_jaxpr(gradient)(*factors)
    types[product] = [
      {var.aval.dtype.name for var in equation.invars}
      for equation in _equations(program.jaxpr)
      if equation.primitive.name == 'dot_general'
    ]
  assert types[layers.accumulated] == [{'bfloat16'}] * 3
  assert types[_plain] != types[layers.accumulated]


@pytest.mark.parametrize('spec', _SPECS)
def test_in_bfloat16_the_gradient_is_near_that_of_float64(spec):
  factors = _factors(spec, jnp.bfloat16)
  a, b = (np.asarray(factor, np.float64) for factor in factors)
  change = np.cos(np.einsum(spec, a, b))
  first, second, out = spec.replace('->', ',').split(',')
  found = jax.grad(_loss(layers.accumulated, spec), argnums=(0, 1))(*factors)
  expected = (
    np.einsum(f'{out},{second}->{first}', change, b),
    np.einsum(f'{first},{out}->{second}', a, change),
  )
  for own, there in zip(found, expected):
    assert own.dtype == jnp.bfloat16
    error = np.abs(np.asarray(own, np.float64) - there).max()
    assert error <= 2e-2 * np.abs(there).max()


def _equations(jaxpr):
  for equation in jaxpr.eqns:
    yield equation
    for value in equation.params.values():
      inner = getattr(value, 'jaxpr', None)
      if inner is not None:
        yield from _equations(inner)
