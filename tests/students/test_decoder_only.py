"""A decoder as a student: prompts, the cache that K targets share, padding."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax.models import opt
from distill_jax.students import decoder_only, likelihood, sampling

_CONFIG = opt.OptConfig(
  vocab_size=40,
  emb_dim=16,
  num_heads=2,
  mlp_dim=24,
  num_decoder_layers=2,
  token_dim=16,
  num_positions=64,
)
_STUDENT = decoder_only.DecoderOnly(config=_CONFIG)
_ENCODE = jax.jit(_STUDENT.encode)
_LOGITS = jax.jit(_STUDENT.logits)
_WRITE = jax.jit(_STUDENT.sample, static_argnums=2)
_INPUTS = jnp.array([[5, 6, 7, 8, 1, 0], [9, 1, 0, 0, 0, 0]])
_TARGETS = jnp.array([[[5, 6, 1], [7, 1, 0], [9, 9, 9]]] * 2)


@pytest.fixture(scope='module')
def params():
  fresh = _STUDENT.init(jax.random.key(0))
  # Fresh ones are so small that a wrong position would hide.
  return jax.tree.map(lambda x: x * 8, fresh)


def test_prompts_by_hand():
  rows = jnp.array(
    [[5, 6, 1, 0], [5, 6, 7, 8], [1, 0, 0, 0], [0, 0, 0, 0], [5, 1, 6, 1]]
  )
  tokens, before, last = decoder_only.as_prompt(rows)
  expected = [[1, 5, 6, 0], [1, 5, 6, 7], [1, 0, 0, 0], [1, 0, 0, 0]]
  assert tokens.tolist() == [*expected, [1, 5, 1, 6]]
  assert before.sum(1).tolist() == [2, 4, 0, 0, 3]
  assert last.tolist() == [6, 8, 1, 1, 6]


def test_in_bfloat16_nats_and_logits_are_float32(params):
  config = dataclasses.replace(_CONFIG, dtype='bfloat16')
  student = decoder_only.DecoderOnly(config=config)
  encoded = jax.jit(student.encode)(params, _INPUTS)
  nll = jax.jit(student.nll)(params, encoded, _TARGETS[:, 0])
  logits = jax.jit(student.logits)(params, encoded, _TARGETS[:, 0])
  assert nll.nats.dtype == logits.dtype == jnp.float32
  # Rounded to bfloat16 all of them would be.
  rounded = logits.astype(jnp.bfloat16).astype(jnp.float32)
  assert np.mean(rounded != logits) > 0.9


def test_padding_changes_nothing(params):
  wide = jnp.pad(_INPUTS, ((0, 0), (0, 7)))
  nats = []
  for inputs in (_INPUTS, wide):
    nll = jax.jit(_STUDENT.nll)(params, _ENCODE(params, inputs), _TARGETS[:, 0])
    nats.append(nll.nats)
  np.testing.assert_allclose(*nats, atol=1e-5)
  texts = [
    _WRITE(params, _ENCODE(params, x), sampling.Greedy(max_tokens=8))
    for x in (_INPUTS, wide)
  ]
  np.testing.assert_array_equal(*texts)


def test_a_cut_input_keeps_its_last_token(params):
  cut = jnp.array([[5, 6, 7, 8]])
  ended = jnp.array([[5, 6, 7, 8, 1]])
  logits = [
    _LOGITS(params, _ENCODE(params, x), _TARGETS[:1, 0]) for x in (cut, ended)
  ]
  np.testing.assert_allclose(*logits, atol=1e-5)


def test_no_token_sees_a_later_one(params):
  def of(places):
    targets = _TARGETS[:, 0].at[:, 1:].set(places)
    return _LOGITS(params, _ENCODE(params, _INPUTS), targets)[:, :2]

  # Logits 0 and 1 are made of the prompt and of target 0.
  np.testing.assert_array_equal(of(7), of(8))


def test_k_targets_read_the_prompt_once(params):
  inputs = jnp.pad(_INPUTS, ((0, 0), (0, 26)), constant_values=5)
  scored = jax.jit(
    lambda p, x, y: (
      likelihood.candidates(
        _STUDENT, p, x, y, lambda nats: jnp.arange(3)[None].repeat(2, 0)
      ).nats
    )
  )
  alone = jax.jit(
    lambda p, x, y: likelihood.target(_STUDENT, p, x, y).nats.sum(-1)
  )
  nats = scored(params, inputs, _TARGETS)
  for k in range(3):
    one = alone(params, inputs, _TARGETS[:, k])
    counts = (_TARGETS[:, k] > 0).sum(-1)
    np.testing.assert_allclose(nats[:, k], one / counts, rtol=1e-4)
  cost = lambda f, *args: f.lower(*args).compile().cost_analysis()['flops']
  together = cost(scored, params, inputs, _TARGETS)
  once = cost(alone, params, inputs, _TARGETS[:, 0])
  # Reading 32 tokens costs far more than writing 3: three times over would be
  # three times the cost.
  assert together < 1.7 * once


def test_gradients_are_finite_and_reach_every_parameter(params):
  def loss(p):
    scored = likelihood.candidates(
      _STUDENT, p, _INPUTS, _TARGETS, lambda n: jnp.zeros((2, 1), int)
    )
    return scored.chosen_nats.sum()

  grads = jax.jit(jax.grad(loss))(params)
  for path, leaf in jax.tree_util.tree_leaves_with_path(grads):
    assert np.isfinite(leaf).all(), path
    name = jax.tree_util.keystr(path)
    if "'key']['bias']" not in name:  # a shift of all products by one number
      assert np.abs(leaf).max() > 0, name
  nothing = jnp.zeros((1, 4), int)
  empty = jax.jit(
    jax.grad(
      lambda p: likelihood.target(_STUDENT, p, nothing, nothing).nats.sum()
    )
  )(params)
  assert not any(np.any(leaf) for leaf in jax.tree.leaves(empty))


def test_dropout_has_masks_of_its_own_for_each_target(params):
  same = jnp.repeat(_TARGETS[:, :1], 3, axis=1)
  choose = lambda nats: jnp.arange(3)[None].repeat(2, 0)
  score = jax.jit(
    lambda key: (
      likelihood.candidates(_STUDENT, params, _INPUTS, same, choose, key).nats
    )
  )
  still = score(None)
  np.testing.assert_allclose(still[:, 0], still[:, 1], rtol=1e-6)
  moved = score(jax.random.key(1))
  assert np.abs(moved[:, 0] - moved[:, 1]).min() > 1e-3
  np.testing.assert_array_equal(moved, score(jax.random.key(1)))


def test_a_row_without_input_stays_silent(params):
  encoded = _ENCODE(params, jnp.array([[0, 0], [5, 1]]))
  greedy = sampling.Greedy(max_tokens=4)
  written = _WRITE(params, encoded, greedy)
  assert not np.any(written[0]) and np.all(written[1, 0] > 0)


def test_limits():
  with pytest.raises(ValueError, match=r'DecoderOnly.vocab_limit is 50'):
    dataclasses.replace(_STUDENT, vocab_limit=50)
  limited = dataclasses.replace(_STUDENT, vocab_limit=9)
  params = limited.init(jax.random.key(3))
  encoded = jax.jit(limited.encode)(params, _INPUTS)
  drawn = jax.jit(limited.sample, static_argnums=2)(
    params,
    encoded,
    sampling.Temperature(temperature=9.0, max_tokens=30),
    jax.random.key(0),
  )
  assert np.max(drawn) < 9
  with pytest.raises(ValueError, match='65 tokens wide, expected at most'):
    limited.encode(params, jnp.ones((1, 65), int))
  with pytest.raises(ValueError, match='66 tokens wide, expected at most'):
    limited.sample(params, encoded, sampling.Greedy(max_tokens=60))
