"""Greedy and beam search against transformers' `generate`."""

import jax
import numpy as np
import pytest

from distill_jax.students import encoder_decoder, sampling

hugging_face = pytest.importorskip('tests.models.hugging_face')
torch = pytest.importorskip('torch')

_TOKENS = 20


@pytest.fixture(params=['1.0', '1.1'], scope='module')
def pair(request, tmp_path_factory):
  if request.param == '1.0':
    model, config = hugging_face.tied()
  else:
    model, config = hugging_face.untied(tmp_path_factory.mktemp('t5'))
  student = encoder_decoder.EncoderDecoder(config=config)
  return model, student, hugging_face.params(model)


@pytest.fixture(scope='module')
def inputs():
  rng = np.random.default_rng(3)
  tokens = rng.integers(2, 97, (12, 24))
  for row in range(12):
    tokens[row, 24 - row :] = 0
  return tokens


def _theirs(model, inputs, **settings):
  """What transformers writes; like us it never writes padding."""
  tokens = model.generate(
    input_ids=torch.tensor(inputs),
    attention_mask=torch.tensor(inputs > 0),
    max_new_tokens=_TOKENS,
    suppress_tokens=[0],
    do_sample=False,
    **settings,
  ).numpy()[:, 1:]
  # generate fills up with EOS where the padding has id 0.
  tokens[np.cumsum(tokens == 1, axis=1) - (tokens == 1) > 0] = 0
  return np.pad(tokens, ((0, 0), (0, _TOKENS - tokens.shape[1])))


def _ours(student, params, inputs, way):
  write = lambda params, inputs: student.sample(
    params, student.encode(params, inputs), way
  )
  return np.asarray(jax.jit(write)(params, inputs))


def test_greedy_equals_generate(pair, inputs):
  model, student, params = pair
  theirs = _theirs(model, inputs)
  ours = _ours(student, params, inputs, sampling.Greedy(max_tokens=_TOKENS))
  np.testing.assert_array_equal(ours, theirs)
  ended = (theirs == 1).any(axis=1)
  assert 0 < ended.sum() < len(ended), 'texts of both kinds are wanted'


@pytest.mark.parametrize(
  ('width', 'length_penalty'), [(2, 0.0), (4, 1.0), (3, 2.0)]
)
def test_beam_equals_generate(pair, inputs, width, length_penalty):
  model, student, params = pair
  theirs = _theirs(
    model,
    inputs,
    num_beams=width,
    early_stopping=False,
    length_penalty=length_penalty,
  )
  way = sampling.Beam(
    max_tokens=_TOKENS, width=width, length_penalty=length_penalty
  )
  ours = _ours(student, params, inputs, way)
  np.testing.assert_array_equal(ours, theirs)
