"""What is written for an input depends on it and its place alone."""

import functools

import jax
import numpy as np
import pytest

from distill_jax.evaluation import decode
from distill_jax.models import t5
from distill_jax.students import encoder_decoder, sampling
from distill_jax.text import vocabulary

_WIDTH = 32
_STUDENT = encoder_decoder.EncoderDecoder(
  config=t5.T5Config(
    vocab_size=40,
    emb_dim=16,
    num_heads=2,
    head_dim=8,
    mlp_dim=16,
    num_encoder_layers=1,
    num_decoder_layers=1,
  )
)
_INPUTS = [
  np.random.default_rng(length).integers(2, 40, length).astype(np.int32)
  for length in (3, 30, 1, 40, 7, 7, 12, 2, 25)
]


@functools.cache
def _params():
  return jax.jit(_STUDENT.init)(jax.random.key(0))


def _written(sampling, rng=None, size=4, shapes=None):
  def place(ids):
    if shapes is not None:
      shapes.append(ids.shape)
    return ids

  decoder = decode.Decoder(
    student=_STUDENT,
    vocabulary=vocabulary.Vocabulary(),
    batch_size=size,
    place=place,
  )
  return decoder.tokens(_params(), iter(_INPUTS), _WIDTH, sampling, rng)


@pytest.mark.parametrize(
  'way',
  [
    sampling.Greedy(max_tokens=6),
    sampling.Temperature(max_tokens=6, temperature=1.5),
  ],
)
def test_each_is_written_as_if_alone(way):
  key, shapes = jax.random.key(1), []
  together = _written(way, key, shapes=shapes)

  @jax.jit
  def write(params, row, places):
    encoded = _STUDENT.encode(params, row)
    return _STUDENT.sample(params, encoded, way, key, places)

  for place, ids in enumerate(_INPUTS):
    row = np.zeros((1, _WIDTH), np.int32)
    row[0, : len(ids)] = ids[:_WIDTH]
    alone = write(_params(), row, np.array([place]))
    np.testing.assert_array_equal(together[place], alone[0])
  # The widest batch holds the longest inputs, cut to what is allowed.
  widths = [shape[1] for shape in shapes if len(shape) == 2]
  assert widths == [8, _WIDTH, _WIDTH]


def test_nothing_is_written_for_nothing():
  decoder = decode.Decoder(student=_STUDENT, vocabulary=vocabulary.Vocabulary())
  assert decoder.tokens(_params(), [], 8, sampling.Greedy(max_tokens=3)) == []
