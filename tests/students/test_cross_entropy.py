"""Cross-entropy in chunks: its numbers, its gradient, its memory."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax.models import opt, t5
from distill_jax.students import cross_entropy, decoder_only, encoder_decoder

_WIDTH, _VOCABULARY = 8, 50


def _drawn(*shape: int):
  rng = np.random.default_rng(0)
  hidden = rng.normal(size=(*shape, _WIDTH)).astype(np.float32)
  table = rng.normal(size=(_WIDTH, _VOCABULARY)).astype(np.float32)
  targets = rng.integers(0, 5, shape, dtype=np.int32)
  return hidden, table, targets


def _loop(hidden, table, targets):
  """The formula in float64, a token at a time."""
  costs = np.zeros(targets.shape)
  for place, token in np.ndenumerate(targets):
    logits = hidden[place].astype(np.float64) @ table.astype(np.float64)
    total = np.log(np.sum(np.exp(logits)))
    costs[place] = total - logits[token] if token else 0.0
  return costs


def _nats(hidden, table, targets, at_once):
  project = lambda x: x @ table
  return cross_entropy.nats(project, hidden, targets, at_once)


@pytest.mark.parametrize('shape', [(12,), (3, 4), (2, 3, 5), (1, 1), (0, 4)])
@pytest.mark.parametrize('at_once', [1, 4, 5, 12, 100])
def test_equals_the_formula(shape, at_once):
  given = _drawn(*shape)
  found = _nats(*given, at_once)
  assert found.shape == shape and found.dtype == jnp.float32
  np.testing.assert_allclose(found, _loop(*given), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize('at_once', [1, 4, 5])
def test_the_gradient_is_softmax_minus_one_hot(at_once):
  hidden, table, targets = _drawn(3, 4)
  scale = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)

  def loss(hidden, table):
    return jnp.sum(scale * _nats(hidden, table, targets, at_once))

  found = jax.jit(jax.grad(loss, (0, 1)))(hidden, table)
  logits = hidden @ table
  shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
  moved = (shares - np.eye(_VOCABULARY)[targets]) * scale[..., None]
  moved *= (targets > 0)[..., None]
  np.testing.assert_allclose(found[0], moved @ table.T, rtol=2e-4, atol=1e-5)
  expected = np.einsum('btd,btv->dv', hidden, moved)
  np.testing.assert_allclose(found[1], expected, rtol=2e-4, atol=1e-5)


def test_the_logits_of_a_chunk_are_all_that_is_held():
  tokens, width, size = 4096, 16, 4000
  arguments = (
    jax.ShapeDtypeStruct((tokens, width), jnp.float32),
    jax.ShapeDtypeStruct((width, size), jnp.float32),
    jax.ShapeDtypeStruct((tokens,), jnp.int32),
  )

  def held(at_once: int) -> int:
    loss = lambda *given: jnp.sum(_nats(*given, at_once))
    compiled = jax.jit(jax.grad(loss, (0, 1))).lower(*arguments).compile()
    return compiled.memory_analysis().temp_size_in_bytes

  whole = 4 * tokens * size
  assert held(tokens) >= whole
  assert held(512) < 0.4 * whole


_SIZES = {'vocab_size': 40, 'emb_dim': 16, 'num_heads': 2, 'mlp_dim': 16}
_T5 = t5.T5Config(
  **_SIZES, head_dim=8, num_encoder_layers=1, num_decoder_layers=1
)
_OPT = opt.OptConfig(
  **_SIZES, num_decoder_layers=1, token_dim=16, num_positions=64
)


@pytest.mark.parametrize(
  'whole',
  [
    encoder_decoder.EncoderDecoder(config=_T5),
    decoder_only.DecoderOnly(config=_OPT),
  ],
)
def test_a_student_learns_the_same_from_chunks(whole):
  """Two targets of each question, as in a batch of candidates."""
  inputs = jnp.array([[5, 6, 7, 1], [8, 1, 0, 0]])
  targets = jnp.array([[3, 4, 1], [7, 1, 0], [0, 0, 0], [9, 9, 1]])
  params = jax.jit(whole.init)(jax.random.key(0))
  chunks = dataclasses.replace(whole, logits_at_once=5)

  def found(student):
    def loss(params):
      nll = student.nll(params, student.encode(params, inputs), targets)
      return jnp.sum(nll.nats), nll

    return jax.jit(jax.grad(loss, has_aux=True))(params)

  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5),
    found(chunks),
    found(whole),
  )


def test_a_student_needs_some_logits():
  with pytest.raises(ValueError, match='logits_at_once is 0, expected'):
    encoder_decoder.EncoderDecoder(config=_T5, logits_at_once=0)
