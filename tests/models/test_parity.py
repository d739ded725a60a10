"""Our T5 against transformers', with random weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax.models import attention, t5

hugging_face = pytest.importorskip('tests.models.hugging_face')
torch = pytest.importorskip('torch')


@pytest.fixture(params=['1.0', '1.1'], scope='module')
def pair(request, tmp_path_factory):
  if request.param == '1.0':
    return hugging_face.tied()
  return hugging_face.untied(tmp_path_factory.mktemp('t5'))


def _tokens(seed: int, rows: int, length: int, vocab_size: int) -> np.ndarray:
  """Rows of different lengths, EOS at the end, then padding."""
  rng = np.random.default_rng(seed)
  tokens = rng.integers(2, vocab_size, (rows, length))
  for row in range(rows):
    end = length - 3 * row
    tokens[row, end - 1] = 1
    tokens[row, end:] = 0
  return tokens


def test_logits_equal_transformers(pair):
  model, config = pair
  inputs = _tokens(0, 4, 50, config.vocab_size)
  targets = _tokens(1, 4, 40, config.vocab_size)
  starts = np.pad(targets[:, :-1], ((0, 0), (1, 0)))
  with torch.no_grad():
    theirs = model(
      input_ids=torch.tensor(inputs),
      attention_mask=torch.tensor(inputs > 0),
      decoder_input_ids=torch.tensor(starts),
    ).logits.numpy()

  network = t5.T5(config)
  variables = {'params': hugging_face.params(model)}
  ours = jax.jit(network.apply)(variables, inputs, targets)

  assert ours.dtype == jnp.float32
  assert np.abs(theirs).max() > 2.0, 'too small to tell a difference'
  np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4)


def test_buckets_equal_transformers():
  distance = np.arange(-2000, 2001)
  theirs = hugging_face.transformers.models.t5.modeling_t5.T5Attention
  for bidirectional in (True, False):
    for num_buckets, max_distance in ((32, 128), (16, 64), (64, 512)):
      ours = attention.buckets(
        distance,
        bidirectional=bidirectional,
        num_buckets=num_buckets,
        max_distance=max_distance,
      )
      expected = theirs._relative_position_bucket(
        torch.tensor(distance), bidirectional, num_buckets, max_distance
      )
      np.testing.assert_array_equal(ours, expected.numpy())
