"""The T5 behind a student's verbs."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import test_util

from distill_jax.models import repeat, t5
from distill_jax.students import encoder_decoder, sampling

P = jax.sharding.PartitionSpec

CONFIG = t5.T5Config(
  vocab_size=61,
  emb_dim=16,
  num_heads=2,
  head_dim=4,
  mlp_dim=24,
  num_encoder_layers=2,
  num_decoder_layers=2,
)
STUDENT = encoder_decoder.EncoderDecoder(config=CONFIG)
ENCODE = jax.jit(STUDENT.encode)
NLL = jax.jit(STUDENT.nll)
INPUTS = np.array([[5, 6, 7, 1, 0, 0], [9, 8, 7, 6, 5, 1], [3, 1, 0, 0, 0, 0]])
TARGETS = np.array([[4, 3, 1, 0], [7, 7, 9, 1], [0, 0, 0, 0]])


@pytest.fixture(scope='module')
def params():
  return jax.jit(STUDENT.init)(jax.random.key(0))


def test_nll_is_minus_the_log_softmax_of_each_target(params):
  encoded = ENCODE(params, INPUTS)
  nll = NLL(params, encoded, TARGETS)
  logp = jax.nn.log_softmax(STUDENT.logits(params, encoded, TARGETS))
  for b, row in enumerate(TARGETS):
    for t, token in enumerate(row):
      expected = -logp[b, t, token] if token else 0.0
      np.testing.assert_allclose(nll.nats[b, t], expected, atol=1e-5)
      assert nll.weights[b, t] == (1.0 if token else 0.0)


def test_a_row_of_padding_costs_nothing_and_has_no_gradient(params):
  empty = np.zeros((2, 4), int)

  def cost(params, inputs):
    encoded = STUDENT.encode(params, inputs)
    nll = STUDENT.nll(params, encoded, empty)
    mean = nll.nats.sum(-1) / jnp.maximum(nll.weights.sum(-1), 1.0)
    return mean.sum()

  for inputs in (INPUTS[:2], np.zeros((2, 6), int)):
    value, gradient = jax.jit(jax.value_and_grad(cost))(params, inputs)
    assert value == 0.0
    assert all((x == 0.0).all() for x in jax.tree.leaves(gradient))


def test_an_empty_input_gives_finite_gradients(params):
  def cost(params):
    encoded = STUDENT.encode(params, np.zeros((3, 6), int))
    return STUDENT.nll(params, encoded, TARGETS).nats.sum()

  gradient = jax.jit(jax.grad(cost))(params)
  assert all(np.isfinite(x).all() for x in jax.tree.leaves(gradient))


def test_gradients_agree_with_finite_differences(params):
  def cost(scale):
    scaled = jax.tree.map(lambda x: x * scale, params)
    encoded = STUDENT.encode(scaled, INPUTS)
    return STUDENT.nll(scaled, encoded, TARGETS).nats.mean()

  test_util.check_grads(
    jax.jit(cost), (1.0,), order=1, modes=['rev'], rtol=2e-2
  )


def _candidates_nll(params, inputs, candidates, rng=None):
  encoded = STUDENT.encode(params, inputs, rng)
  nll = lambda targets: STUDENT.nll(params, encoded, targets, rng).nats
  return jax.vmap(nll, 1, 1)(candidates)


def _repeated_nll(params, inputs, candidates):
  rows, count, length = candidates.shape
  encoded = STUDENT.encode(params, np.repeat(inputs, count, axis=0))
  nll = STUDENT.nll(params, encoded, candidates.reshape(-1, length))
  return nll.nats.reshape(rows, count, length)


def test_mapped_candidates_equal_a_loop_and_repeated_inputs(params):
  rng = np.random.default_rng(0)
  candidates = rng.integers(0, 61, (3, 5, 7))
  mapped = jax.jit(_candidates_nll)(params, INPUTS, candidates)
  encoded = ENCODE(params, INPUTS)
  for k in range(5):
    one = NLL(params, encoded, candidates[:, k]).nats
    np.testing.assert_allclose(mapped[:, k], one, atol=1e-5)
  repeated = jax.jit(_repeated_nll)(params, INPUTS, candidates)
  np.testing.assert_allclose(mapped, repeated, atol=1e-5)


def test_candidates_share_one_encoder_run_and_its_keys_and_values():
  """K = 6 gradients cost far less than those of six repeated inputs."""
  inputs = np.ones((8, 96), np.int32)
  candidates = np.ones((8, 6, 16), np.int32)

  def operations(nll):
    gradient = jax.jit(jax.grad(lambda p: nll(p, inputs, candidates).mean()))
    shapes = jax.eval_shape(STUDENT.init, jax.random.key(0))
    return gradient.lower(shapes).compile().cost_analysis()['flops']

  assert operations(_repeated_nll) > 2.5 * operations(_candidates_nll)


@pytest.mark.parametrize('tied', [False, True])
def test_cached_steps_give_the_logits_of_all_tokens_at_once(tied):
  config = dataclasses.replace(CONFIG, logits_via_embedding=tied)
  network = t5.T5(config)
  student = encoder_decoder.EncoderDecoder(config=config)
  params = jax.jit(student.init)(jax.random.key(1))
  encoded = jax.jit(student.encode)(params, INPUTS)
  targets = np.array([[4, 3, 8, 11, 2], [7, 7, 9, 1, 5], [9, 2, 2, 3, 4]])
  expected = jax.jit(student.logits)(params, encoded, targets)

  variables = {'params': params}
  fixed, cache = network.apply(variables, encoded.source, 5, method='begin')
  step = jax.jit(functools.partial(network.apply, method='step'))
  last = np.zeros(3, int)
  for t in range(5):
    logits, cache = step(variables, last, t, fixed, cache)
    np.testing.assert_allclose(logits, expected[:, t], atol=1e-5)
    last = targets[:, t]


def test_axes_name_every_dimension_of_every_parameter(params):
  axes = STUDENT.axes()
  assert jax.tree.structure(axes) == jax.tree.structure(params)
  jax.tree.map(lambda spec, x: _assert_named(spec, x.shape), axes, params)
  assert axes['token_embedder']['embedding'] == P('vocab', 'embed')
  mlp = axes['decoder']['layers_1']['mlp']
  assert mlp['wi_1']['kernel'] == P('embed', 'mlp')
  out = axes['encoder']['layers_0']['attention']['out']
  assert out['kernel'] == P('joint_kv', 'embed')
  scanned = dataclasses.replace(CONFIG, scan_layers=True)
  axes = encoder_decoder.EncoderDecoder(config=scanned).axes()
  mlp = axes['decoder']['layers']['mlp']
  assert mlp['wi_1']['kernel'] == P('layers', 'embed', 'mlp')


def _assert_named(spec, shape):
  assert len(spec) == len(shape)
  assert all(isinstance(name, str) for name in spec)


def test_scanned_layers_write_the_same_text(params):
  scanned = dataclasses.replace(CONFIG, scan_layers=True, remat=True)
  student = encoder_decoder.EncoderDecoder(config=scanned)
  stacked = repeat.stack(params)
  way = sampling.Greedy(max_tokens=6)
  write = lambda s: jax.jit(lambda p: s.sample(p, s.encode(p, INPUTS), way))
  ours = write(STUDENT)(params)
  theirs = write(student)(stacked)
  np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize('limit', [1, 62])
def test_a_limit_that_does_not_fit_is_refused(limit):
  with pytest.raises(ValueError, match='vocab_limit'):
    encoder_decoder.EncoderDecoder(config=CONFIG, vocab_limit=limit)
