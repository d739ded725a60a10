"""The ways to write, on a network whose logits are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax.models import t5
from distill_jax.students import encoder_decoder, sampling
from distill_jax.students import writer as writer_lib

CONFIG = t5.T5Config(
  vocab_size=61,
  emb_dim=16,
  num_heads=2,
  head_dim=4,
  mlp_dim=24,
  num_encoder_layers=1,
  num_decoder_layers=1,
)
STUDENT = encoder_decoder.EncoderDecoder(config=CONFIG, vocab_limit=50)
ENCODE = jax.jit(STUDENT.encode)


@pytest.fixture(scope='module')
def params():
  return jax.jit(STUDENT.init)(jax.random.key(0))


def _writer(table, rows=1) -> writer_lib.Writer:
  """Logits that depend on the token before alone."""
  table = jnp.asarray(table, jnp.float32)
  return writer_lib.Writer(
    step=lambda tokens, index, cache: (table[tokens], cache),
    cache={'none': jnp.zeros((rows, 1))},
    allowed=jnp.arange(table.shape[1]) > 0,
    rows=rows,
    silent=jnp.zeros((rows,), bool),
  )


def _log(rows) -> np.ndarray:
  return np.log(np.asarray(rows, float) + 1e-30)


def test_greedy_follows_the_likeliest_token_until_eos():
  table = _log(
    [[0, 0.1, 0.5, 0.4], [0, 0, 0, 1], [0, 0.3, 0.1, 0.6], [0, 0.8, 0.1, 0.1]]
  )
  tokens = sampling.Greedy(max_tokens=6)(_writer(table))
  np.testing.assert_array_equal(tokens, [[2, 3, 1, 0, 0, 0]])


def test_text_that_reaches_the_limit_has_no_eos():
  table = np.tile(_log([0, 0.1, 0.2, 0.7]), (4, 1))
  tokens = sampling.Greedy(max_tokens=3)(_writer(table))
  np.testing.assert_array_equal(tokens, [[3, 3, 3]])


def test_padding_is_never_written_before_the_end():
  table = np.tile(_log([0.9, 0, 0.04, 0.06]), (4, 1))
  tokens = sampling.Greedy(max_tokens=3)(_writer(table))
  np.testing.assert_array_equal(tokens, [[3, 3, 3]])


def test_likeliest_is_argmax():
  rng = np.random.default_rng(0)
  logits = rng.integers(0, 5, (50, 20)).astype(np.float32)
  logits[:, ::3] = -np.inf
  np.testing.assert_array_equal(
    sampling.likeliest(logits), np.argmax(logits, axis=-1)
  )


def test_writing_stops_when_all_texts_have_ended():
  """Counts steps by a cache that grows by one each."""
  table = _log([[0, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 1]])
  plain = _writer(table, rows=2)
  steps = []

  def step(tokens, index, cache):
    jax.debug.callback(lambda i: steps.append(int(i)), index)
    return plain.step(tokens, index, cache)

  for way in (
    sampling.Greedy(max_tokens=50),
    sampling.Beam(max_tokens=50, width=1, length_penalty=0.0),
  ):
    steps.clear()
    tokens = way(plain._replace(step=step))
    jax.effects_barrier()
    np.testing.assert_array_equal(tokens[:, :3], [[2, 1, 0]] * 2)
    assert sorted(set(steps)) == [0, 1]


@pytest.mark.parametrize(
  'way',
  [
    sampling.Greedy(max_tokens=50),
    sampling.Beam(max_tokens=50, width=2),
  ],
)
def test_a_row_without_input_writes_nothing_and_keeps_nobody_waiting(way):
  steps = []

  def step(tokens, index, cache):
    """The first row ends at once, the second would never."""
    jax.debug.callback(lambda i: steps.append(int(i)), index)
    return jnp.asarray(_log([[0, 1, 0], [0, 0, 1]])), cache

  writer = _writer(np.zeros((3, 3)), rows=2)
  tokens = way(writer._replace(step=step, silent=jnp.array([False, True])))
  jax.effects_barrier()
  assert max(steps) < 3
  assert tokens[:, :2].tolist() == [[1, 0], [0, 0]]


def test_draw_is_the_inverse_of_the_cumulative_distribution():
  p = np.array([0.1, 0.0, 0.4, 0.2, 0.3])
  logits = np.tile(_log(p), (7, 1))
  uniform = np.array([0.0, 0.05, 0.11, 0.49, 0.51, 0.71, 1.0])
  way = sampling.Temperature(max_tokens=1)
  np.testing.assert_array_equal(
    way.draw(jnp.asarray(logits), jnp.asarray(uniform)), [0, 0, 2, 2, 3, 4, 4]
  )


def test_draws_have_the_probabilities_of_the_softmax():
  logits = jnp.asarray([1.0, 0.0, 2.0, -1.0, 0.5])
  uniform = (jnp.arange(20_000) + 0.5) / 20_000
  for temperature in (0.5, 1.0, 1.5):
    way = sampling.Temperature(max_tokens=1, temperature=temperature)
    drawn = way.draw(jnp.tile(logits, (20_000, 1)), uniform)
    share = np.bincount(drawn, minlength=5) / 20_000
    expected = jax.nn.softmax(logits / temperature)
    np.testing.assert_allclose(share, expected, atol=1e-3)


def test_top_k_and_top_p_leave_out_the_unlikely():
  p = np.array([0.05, 0.3, 0.02, 0.4, 0.23])
  uniform = (jnp.arange(1000) + 0.5) / 1000
  logits = jnp.tile(jnp.asarray(_log(p)), (1000, 1))

  def shares(**settings):
    way = sampling.Temperature(max_tokens=1, **settings)
    return np.bincount(way.draw(logits, uniform), minlength=5) / 1000

  top_two = [0, 0.3 / 0.7, 0, 0.4 / 0.7, 0]
  np.testing.assert_allclose(shares(top_k=2), top_two, atol=2e-3)
  # 0.4 + 0.3 reach 0.65: the token that passes the mark is kept.
  np.testing.assert_allclose(shares(top_k=5, top_p=0.65), top_two, atol=2e-3)
  np.testing.assert_allclose(shares(top_k=5, top_p=0.1), [0, 0, 0, 1, 0])
  np.testing.assert_allclose(shares(top_k=9), p, atol=2e-3)


@pytest.mark.parametrize('uniform', [0.0, 0.5, 1.0 - 2**-24, 1.0])
def test_an_id_that_is_not_allowed_is_never_drawn(uniform):
  logits = jnp.full((3, 32_128), -jnp.inf).at[:, 5:32_100].set(0.0)
  for settings in ({}, {'top_k': 50, 'top_p': 0.95}):
    way = sampling.Temperature(max_tokens=1, **settings)
    drawn = np.asarray(way.draw(logits, jnp.full((3,), uniform)))
    assert ((drawn >= 5) & (drawn < 32_100)).all()


def test_a_low_temperature_is_greedy(params):
  inputs = np.array([[5, 6, 7, 1], [9, 1, 0, 0]])
  encoded = ENCODE(params, inputs)
  cold = sampling.Temperature(max_tokens=8, temperature=1e-4)
  greedy = STUDENT.sample(params, encoded, sampling.Greedy(max_tokens=8))
  drawn = STUDENT.sample(params, encoded, cold, jax.random.key(0))
  np.testing.assert_array_equal(drawn, greedy)


def test_a_text_does_not_depend_on_its_batch(params):
  rng = np.random.default_rng(0)
  inputs = rng.integers(2, 50, (6, 5))
  way = sampling.Temperature(max_tokens=10, temperature=1.5)
  key = jax.random.key(7)
  ids = np.array([30, 11, 52, 7, 19, 4])

  @jax.jit
  def write(inputs, ids):
    encoded = STUDENT.encode(params, inputs)
    return STUDENT.sample(params, encoded, way, key, ids)

  whole = np.asarray(write(inputs, ids))
  rows = np.array([4, 1])
  np.testing.assert_array_equal(write(inputs[rows], ids[rows]), whole[rows])
  assert len({tuple(row) for row in whole}) == 6


def test_ids_beyond_the_vocabulary_are_never_written(params):
  encoded = ENCODE(params, np.full((64, 3), 5))
  hot = sampling.Temperature(max_tokens=20, temperature=100.0)
  tokens = np.asarray(STUDENT.sample(params, encoded, hot, jax.random.key(0)))
  assert tokens.max() == 49
  for row in tokens:
    end = np.flatnonzero(row == 1)
    length = end[0] + 1 if len(end) else len(row)
    assert (row[:length] > 0).all() and (row[length:] == 0).all()


def test_a_beam_of_one_without_penalty_is_greedy(params):
  encoded = ENCODE(params, np.array([[5, 6, 7, 1], [9, 1, 0, 0]]))
  beam = sampling.Beam(max_tokens=8, width=1)
  greedy = sampling.Greedy(max_tokens=8)
  np.testing.assert_array_equal(
    STUDENT.sample(params, encoded, beam),
    STUDENT.sample(params, encoded, greedy),
  )


def test_a_wide_beam_finds_the_likeliest_text():
  """Against all texts of up to three tokens."""
  rng = np.random.default_rng(1)
  table = rng.normal(size=(5, 5)) * 2.0
  table[:, 0] = -1e9
  logp = np.asarray(jax.nn.log_softmax(jnp.asarray(table)))
  texts = {}
  for a in range(1, 5):
    if a == 1:
      texts[1, 0, 0] = logp[0, 1]
      continue
    for b in range(1, 5):
      if b == 1:
        texts[a, 1, 0] = logp[0, a] + logp[a, 1]
        continue
      for c in range(1, 5):
        texts[a, b, c] = logp[0, a] + logp[a, b] + logp[b, c]
  best = max(texts, key=texts.get)
  way = sampling.Beam(max_tokens=3, width=12, length_penalty=0.0)
  np.testing.assert_array_equal(way(_writer(table)), [best])


@pytest.mark.parametrize(
  ('make', 'message'),
  [
    (lambda: sampling.Greedy(max_tokens=0), 'max_tokens'),
    (lambda: sampling.Temperature(max_tokens=1, temperature=0.0), 'Greedy'),
    (lambda: sampling.Temperature(max_tokens=1, top_p=0.9), 'top_k'),
    (lambda: sampling.Temperature(max_tokens=1, top_k=5, top_p=0.0), 'top_p'),
    (lambda: sampling.Beam(max_tokens=1, width=0), 'width'),
  ],
)
def test_settings_that_cannot_be_are_refused(make, message):
  with pytest.raises(ValueError, match=message):
    make()


def test_drawing_without_a_key_is_refused(params):
  encoded = ENCODE(params, np.ones((1, 2), int))
  with pytest.raises(ValueError, match='rng'):
    STUDENT.sample(params, encoded, sampling.Temperature(max_tokens=2))
