"""Texts as vectors."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax.critics import dense
from tests.critics import rerankers

_POOLS = [dense.First(), dense.Average()]
_ENCODERS = [rerankers.T5, rerankers.BERT]
_ROWS = np.array([[5, 6, 7, 0], [8, 9, 0, 0]], np.int32)


@pytest.fixture(params=[(e, p) for e in _ENCODERS for p in _POOLS])
def network(request):
  encoder, pool = request.param
  return dense.DenseEncoder(encoder=encoder, pool=pool)


@functools.partial(jax.jit, static_argnums=0)
def _vectors(network, params, rows, rng=None):
  return network.vectors(params, rows, rng)


def test_padding_changes_nothing(network):
  params = network.init(jax.random.key(0))
  found = _vectors(network, params, _ROWS)
  assert found.shape == (2, network.config.emb_dim)
  alone = _vectors(network, params, _ROWS[1:, :2])
  np.testing.assert_allclose(found[1], alone[0], rtol=1e-4, atol=1e-5)
  wide = _vectors(network, params, np.pad(_ROWS, ((0, 0), (0, 3))))
  np.testing.assert_allclose(found, wide, rtol=1e-4, atol=1e-5)


def test_a_text_of_nothing_has_a_vector(network):
  params = network.init(jax.random.key(0))
  empty = np.zeros((1, 4), np.int32)
  assert np.all(np.isfinite(_vectors(network, params, empty)))


def test_dropout_wants_a_key(network):
  params = network.init(jax.random.key(0))
  one, same, other = (
    _vectors(network, params, _ROWS, key)
    for key in (jax.random.key(1), jax.random.key(1), jax.random.key(2))
  )
  np.testing.assert_array_equal(one, same)
  assert np.any(one != other)


def test_axes_are_those_of_the_parameters(network):
  params = network.init(jax.random.key(0))
  is_leaf = lambda x: isinstance(x, jax.sharding.PartitionSpec)
  axes = jax.tree.structure(network.axes(), is_leaf=is_leaf)
  assert axes == jax.tree.structure(params)
  assert set(params) == {'encoder'}


def test_width_counts_the_marks():
  pool = dense.First()
  t5 = dense.DenseEncoder(encoder=rerankers.T5, pool=pool)
  bert = dense.DenseEncoder(encoder=rerankers.BERT, pool=pool)
  assert (t5.width(9, 4), bert.width(4, 9)) == (10, 11)


def test_logits_are_products_of_vectors(network):
  params = network.init(jax.random.key(0))
  texts = rerankers.PASSAGES[..., :4]
  found = network.logits({'critic': params}, _ROWS, texts)
  for row, question, some in zip(found, _ROWS, texts):
    (asked,) = _vectors(network, params, question[None])
    expected = [
      np.dot(asked, _vectors(network, params, t[None])[0]) for t in some
    ]
    np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-4)


def test_pools_by_hand():
  hidden = jnp.array([[[1.0, 2.0], [3.0, 6.0], [100.0, 100.0]]])
  valid = jnp.array([[True, True, False]])
  assert dense.First()(hidden, valid).tolist() == [[1.0, 2.0]]
  assert dense.Average()(hidden, valid).tolist() == [[2.0, 4.0]]


def test_nearest_by_a_plain_sort():
  rng = np.random.default_rng(0)
  asked = rng.normal(size=(3, 4)).astype(np.float32)
  table = rng.normal(size=(9, 4)).astype(np.float32)
  expected = [
    sorted(range(9), key=lambda n: -float(np.dot(q, table[n])))[:5]
    for q in asked
  ]
  found = dense.nearest(jnp.array(asked), jnp.array(table), 5)
  assert found.tolist() == expected
