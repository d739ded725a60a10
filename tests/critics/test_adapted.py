"""LoRA: nothing at first, what it adds, and what of it is trained."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from distill_jax.critics import adapted, encoders, reranker
from distill_jax.models import lora, t5
from distill_jax.training import optimizers, partition, trained
from tests.critics import rerankers

_Q, _P = rerankers.QUESTIONS, rerankers.PASSAGES
_LOW_RANK = lora.LowRank(rank=3, alpha=6.0, dropout_rate=0.5)
_BOTH = {
  name: adapted.Adapted(critic=critic, low_rank=_LOW_RANK)
  for name, critic in {
    **rerankers.LATE,
    'cross': rerankers.CROSS['bert'],
  }.items()
}
_EVERY = pytest.mark.parametrize('name', _BOTH)


@functools.cache
def _params(name):
  return jax.jit(_BOTH[name].init)(jax.random.key(0))


@functools.cache
def _moved(name):
  """Parameters with factors that are not zero."""
  params = _params(name)
  leaves, tree = jax.tree.flatten(params['low_rank'])
  keys = jax.random.split(jax.random.key(5), len(leaves))
  moved = [jax.random.normal(key, x.shape) for key, x in zip(keys, leaves)]
  return {**params, 'low_rank': tree.unflatten(moved)}


@functools.partial(jax.jit, static_argnums=0)
def _logits(critic, params, rng=None):
  return critic.logits({'critic': params}, _Q, _P, rng)


@_EVERY
def test_at_first_it_is_the_critic(name):
  critic, params = _BOTH[name], _params(name)
  expected = _logits(critic.critic, params['base'])
  np.testing.assert_array_equal(_logits(critic, params), expected)


@_EVERY
def test_merged_weights_are_the_unmerged(name):
  critic, params = _BOTH[name], _moved(name)
  found = _logits(critic, params)
  assert not np.allclose(found, _logits(critic.critic, params['base']))
  merged = critic.merged(params)
  np.testing.assert_allclose(
    _logits(critic.critic, merged), found, rtol=1e-4, atol=1e-4
  )


def test_merging_by_hand():
  params = {
    'base': {'query': {'kernel': jnp.ones((2, 2))}, 'key': {'kernel': 3.0}},
    'low_rank': {
      'query': {'a': jnp.array([[1.0], [2.0]]), 'b': jnp.array([[1.0, -1.0]])}
    },
  }
  found = lora.LowRank(rank=1, alpha=2.0).merged(params)
  np.testing.assert_array_equal(found['query']['kernel'], [[3, -1], [5, -3]])
  assert found['key'] == {'kernel': 3.0}


@_EVERY
def test_only_queries_and_values_have_factors(name):
  critic, params = _BOTH[name], _params(name)
  leaves = jax.tree_util.tree_leaves_with_path(params['low_rank'])
  paths = [tuple(entry.key for entry in path) for path, _ in leaves]
  assert {path[-2:] for path in paths} == {
    (module, factor) for module in ('query', 'value') for factor in 'ab'
  }
  for path, leaf in leaves:
    assert 3 in leaf.shape
    assert np.any(leaf) == (path[-1].key == 'a')
  assert critic.reads == ('critic',)


@_EVERY
def test_gradients_of_what_is_trained_alone(name):
  critic, params = _BOTH[name], _moved(name)
  total = lambda params: jnp.sum(critic.logits({'critic': params}, _Q, _P) ** 2)
  gradient = jax.jit(jax.grad(total))(params)
  moves = critic.trained(params)
  for leaf, trains in zip(jax.tree.leaves(gradient), jax.tree.leaves(moves)):
    assert np.any(leaf != 0) == trains
  whole = moves['base'].pop('projection', None) or moves['base'].pop('score')
  assert all(jax.tree.leaves(whole))
  assert not any(jax.tree.leaves(moves['base']))


@_EVERY
def test_moments_of_what_is_trained_alone(name):
  critic, params = _BOTH[name], _moved(name)
  adam = optimizers.AdamW(max_norm=1.0).build(4)
  transform = trained.only(adam, critic)
  mesh = partition.Mesh().build()
  placed = jax.device_put(params)
  state = partition.init_optimizer(mesh, transform, placed)
  moves = jax.tree.leaves(critic.trained(params))
  sizes = [leaf.size for leaf in jax.tree.leaves(params)]
  moving = sum(size for size, trains in zip(sizes, moves) if trains)
  kept = sum(leaf.size for leaf in jax.tree.leaves(state) if leaf.ndim)
  assert kept == 2 * moving < sum(sizes)
  ones = jax.tree.map(jnp.ones_like, params)
  changes, _ = transform.update(ones, state, placed)
  for change, trains in zip(jax.tree.leaves(changes), moves):
    assert np.any(change != 0) == trains
  # Clipping sees the trained gradients alone.
  norm = optax.global_norm([jnp.ones(moving)])
  assert norm > 1.0


def test_an_optimizer_of_a_network_that_trains_whole_is_itself():
  adam = optimizers.AdamW().build(4)
  assert trained.only(adam, rerankers.LATE['t5']) is adam


@_EVERY
def test_dropout_reaches_the_factors_alone(name):
  """Without any other dropout, and only where the factors are not zero."""
  critic = adapted.Adapted(
    critic=_without_dropout(_BOTH[name].critic), low_rank=_LOW_RANK
  )
  draw = lambda params, seed: _logits(critic, params, jax.random.key(seed))
  params, moved = _params(name), _moved(name)
  np.testing.assert_array_equal(draw(params, 0), draw(params, 1))
  assert not np.allclose(draw(moved, 0), draw(moved, 1))
  np.testing.assert_array_equal(draw(moved, 0), draw(moved, 0))


def _without_dropout(critic):
  import dataclasses

  config = dataclasses.replace(critic.encoder.config, dropout_rate=0.0)
  encoder = dataclasses.replace(critic.encoder, config=config)
  return dataclasses.replace(critic, encoder=encoder)


def test_what_cannot_be_adapted_is_refused():
  with pytest.raises(ValueError, match='no product of these names'):
    low_rank = lora.LowRank(targets=('qurey',))
    adapted.Adapted(critic=rerankers.LATE['t5'], low_rank=low_rank).init(
      jax.random.key(0)
    )
  config = t5.T5Config(
    vocab_size=8,
    emb_dim=8,
    num_heads=1,
    head_dim=8,
    mlp_dim=8,
    num_encoder_layers=2,
    num_decoder_layers=1,
    scan_layers=True,
  )
  stacked = reranker.Reranker(encoder=encoders.T5Encoder(config=config))
  with pytest.raises(ValueError, match='set its scan_layers to False'):
    adapted.Adapted(critic=stacked).init(jax.random.key(0))
  with pytest.raises(ValueError, match='rank is 0'):
    lora.LowRank(rank=0)
  with pytest.raises(ValueError, match='dropout_rate is 1'):
    lora.LowRank(dropout_rate=1.0)


@_EVERY
def test_axes_fit_the_parameters(name):
  critic = _BOTH[name]
  mesh = partition.Mesh().build()
  shardings = partition.parameter_shardings(mesh, critic)
  assert jax.tree.structure(shardings) == jax.tree.structure(_params(name))
