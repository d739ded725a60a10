"""Shapes, names, sizes and properties of the network."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import serialization

from distill_jax.models import repeat, t5
from tests import shared

TINY = t5.T5Config(
  vocab_size=61,
  emb_dim=16,
  num_heads=2,
  head_dim=4,
  mlp_dim=24,
  num_encoder_layers=1,
  num_decoder_layers=1,
)
TWO = dataclasses.replace(TINY, num_encoder_layers=2, num_decoder_layers=2)
INPUTS = np.array([[5, 6, 7, 1, 0, 0], [9, 8, 7, 6, 5, 1]])
TARGETS = np.array([[4, 3, 1, 0], [7, 7, 9, 1]])


@pytest.fixture(scope='module')
def variables():
  return _init(TINY)


@pytest.fixture(scope='module')
def two():
  return _init(TWO)


def _init(config):
  init = jax.jit(t5.T5(config).init)
  boxed = init(jax.random.key(0), INPUTS[:1, :1], TARGETS[:1, :1])
  return jax.tree.map(
    lambda x: x.unbox(), boxed, is_leaf=lambda x: hasattr(x, 'unbox')
  )


def _logits(config, variables, inputs, targets, **kwargs):
  return jax.jit(t5.T5(config).apply)(variables, inputs, targets, **kwargs)


def test_names_and_shapes_are_those_of_a_t5x_checkpoint():
  path = shared.path('t5x_tiny', 'test_t5_tiny.checkpoint_0')
  restored = serialization.msgpack_restore(path.read_bytes())
  expected = jax.tree.map(np.shape, restored['optimizer']['target'])
  config = dataclasses.replace(
    TWO, vocab_size=32128, emb_dim=8, num_heads=4, head_dim=3, mlp_dim=16
  )
  ours = jax.eval_shape(t5.T5(config).init, jax.random.key(0), INPUTS, TARGETS)
  ours = jax.tree.map(
    lambda x: x.unbox().shape, ours, is_leaf=lambda x: hasattr(x, 'unbox')
  )
  assert ours['params'] == expected


@pytest.mark.parametrize(
  ('count', 'emb_dim', 'num_heads', 'mlp_dim', 'layers', 'activations'),
  [
    (60_506_624, 512, 8, 2048, 6, ('relu',)),  # small
    (222_903_552, 768, 12, 3072, 12, ('relu',)),  # base
    (247_577_856, 768, 12, 2048, 12, ('gelu', 'linear')),  # 1.1 base
  ],
)
def test_full_sizes_have_the_known_number_of_parameters(
  count, emb_dim, num_heads, mlp_dim, layers, activations
):
  config = t5.T5Config(
    vocab_size=32128,
    emb_dim=emb_dim,
    num_heads=num_heads,
    head_dim=64,
    mlp_dim=mlp_dim,
    num_encoder_layers=layers,
    num_decoder_layers=layers,
    mlp_activations=activations,
    logits_via_embedding=len(activations) == 1,
  )
  for scan_layers in (True, False):
    network = t5.T5(dataclasses.replace(config, scan_layers=scan_layers))
    tree = jax.eval_shape(network.init, jax.random.key(0), INPUTS, TARGETS)
    assert sum(x.size for x in jax.tree.leaves(tree)) == count


def test_a_token_is_blind_to_those_after_it(variables):
  """The gradient of a logit by a later token's vector is exactly zero."""
  network = t5.T5(TINY)

  def decode(vectors):
    encoded = network.apply(variables, INPUTS, method='encode')
    return network.apply(
      variables, vectors, encoded, INPUTS > 0, method=_decode_vectors
    )

  vectors = jax.random.normal(jax.random.key(1), (2, 4, 16))
  jacobian = jax.jit(jax.jacrev(decode))(vectors)  # B T D, B T D
  for b in range(2):
    reach = np.abs(jacobian[b, :, :, b]).max(axis=(1, 3))
    assert (np.triu(reach, 1) == 0.0).all()
    assert (reach[np.tril_indices(4)] > 0.0).all()


def _decode_vectors(network, vectors, encoded, valid):
  rows, length, _ = vectors.shape
  source = t5.Source(encoded, valid)
  return network.decoder(vectors, source, length, jnp.arange(rows))


def test_logits_do_not_depend_on_their_own_target(variables):
  other = TARGETS.copy()
  other[:, 2:] = 11
  ours = _logits(TINY, variables, INPUTS, TARGETS)
  theirs = _logits(TINY, variables, INPUTS, other)
  np.testing.assert_array_equal(ours[:, :3], theirs[:, :3])
  assert not np.array_equal(ours[:, 3], theirs[:, 3])


def test_padding_changes_nothing(variables):
  ours = _logits(TINY, variables, INPUTS, TARGETS)
  wide = _logits(
    TINY,
    variables,
    np.pad(INPUTS, ((0, 0), (0, 5))),
    np.pad(TARGETS, ((0, 0), (0, 3))),
  )
  np.testing.assert_allclose(wide[:, :4], ours, atol=1e-5)


@pytest.mark.parametrize('remat', [False, True])
def test_scanned_layers_give_the_numbers_and_masks_of_the_loop(two, remat):
  config = dataclasses.replace(TWO, scan_layers=True, remat=remat)
  stacked = {'params': repeat.stack(two['params'])}

  def loss(config, variables):
    rngs = {'dropout': jax.random.key(3)}
    logits = t5.T5(config).apply(variables, INPUTS, TARGETS, rngs=rngs)
    return jnp.mean(jnp.sin(logits))

  gradient = lambda c: jax.jit(jax.grad(lambda v: loss(c, v)))
  by_loop = gradient(TWO)(two)['params']
  by_scan = gradient(config)(stacked)['params']
  _assert_close(repeat.unstack(by_scan), by_loop)


def test_unstack_undoes_stack(two):
  tree = repeat.unstack(repeat.stack(two['params']))
  jax.tree.map(np.testing.assert_array_equal, tree, two['params'])


def test_rematerialisation_changes_no_gradient_even_with_dropout(variables):
  def gradient(config):
    def loss(variables):
      logits = t5.T5(config).apply(
        variables, INPUTS, TARGETS, rngs={'dropout': jax.random.key(2)}
      )
      return jnp.mean(jnp.sin(logits))

    return jax.jit(jax.grad(loss))(variables)

  remat = dataclasses.replace(TINY, remat=True)
  _assert_close(gradient(remat), gradient(TINY))


def test_dropout_needs_a_key_and_follows_it(variables):
  plain = _logits(TINY, variables, INPUTS, TARGETS)
  apply = jax.jit(t5.T5(TINY).apply)
  dropped = [
    apply(variables, INPUTS, TARGETS, rngs={'dropout': jax.random.key(seed)})
    for seed in (1, 1, 2)
  ]
  assert not np.allclose(plain, dropped[0])
  assert not np.allclose(dropped[0], dropped[2])
  np.testing.assert_array_equal(dropped[0], dropped[1])


def test_bfloat16_computes_near_float32_and_keeps_float32_parameters(variables):
  config = dataclasses.replace(TINY, dtype='bfloat16')
  tree = jax.eval_shape(t5.T5(config).init, jax.random.key(0), INPUTS, TARGETS)
  assert all(x.dtype == jnp.float32 for x in jax.tree.leaves(tree))
  exact = _logits(TINY, variables, INPUTS, TARGETS)
  near = _logits(config, variables, INPUTS, TARGETS)
  assert near.dtype == jnp.float32
  np.testing.assert_allclose(near, exact, atol=0.05 * np.abs(exact).max())
  assert not np.array_equal(near, exact)


def test_encoder_alone_is_the_first_half_of_the_network(variables):
  half = {
    key: variables['params'][key] for key in ('token_embedder', 'encoder')
  }
  ours = t5.Encoder(TINY).apply({'params': half}, INPUTS)
  whole = t5.T5(TINY).apply(variables, INPUTS, method='encode')
  np.testing.assert_array_equal(ours, whole)


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'dtype': 'float16'}, 'dtype'),
    ({'mlp_activations': ('tanh',)}, 'mlp_activations'),
    ({'dropout_rate': 1.0}, 'dropout_rate'),
    ({'num_heads': 0}, 'num_heads'),
    ({'relpos_num_buckets': 30}, 'relpos_num_buckets'),
  ],
)
def test_a_config_that_cannot_be_is_refused(change, message):
  with pytest.raises(ValueError, match=message):
    dataclasses.replace(TINY, **change)


def _assert_close(ours, theirs):
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6, rtol=1e-4),
    ours,
    theirs,
  )
