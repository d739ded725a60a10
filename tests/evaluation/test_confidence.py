"""Probabilities of labels against a loop over the network's logits."""

import jax
import numpy as np
import pytest
from scipy import special

from distill_jax.evaluation import confidence, decode
from distill_jax.models import t5
from distill_jax.students import encoder_decoder
from distill_jax.text import vocabulary

_CONFIG = t5.T5Config(
  vocab_size=352,
  emb_dim=16,
  num_heads=2,
  head_dim=8,
  mlp_dim=16,
  num_encoder_layers=1,
  num_decoder_layers=1,
)
_VOCABULARY = vocabulary.Vocabulary()


@pytest.fixture(scope='module')
def decoder():
  student = encoder_decoder.EncoderDecoder(config=_CONFIG)
  return decode.Decoder(student=student, vocabulary=_VOCABULARY, batch_size=4)


@pytest.fixture(scope='module')
def params(decoder):
  return decoder.student.init(jax.random.key(0))


def _probability(params, question: list[int], target: list[int]) -> float:
  logits = t5.T5(_CONFIG).apply(
    {'params': params}, np.array([question]), np.array([target])
  )
  each = special.log_softmax(np.asarray(logits, np.float64)[0], axis=-1)
  return float(np.exp(sum(each[t, token] for t, token in enumerate(target))))


def _ids(text: str) -> list[int]:
  return [*_VOCABULARY.encode(text), 1]


def test_without_choices_it_is_the_probability_of_the_tokens(decoder, params):
  questions = [_ids('Tom has 3 pens.'), _ids('Ann has 25 red books.')] * 3
  labels = [_ids('3 + 4'), [9, 8, 1], [12], _ids('7'), [5, 5, 5, 5, 5], [1]]
  found = confidence.of_labels(decoder, params, questions, labels, [None] * 6)
  expected = [
    _probability(params, question, label)
    for question, label in zip(questions, labels)
  ]
  np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_among_choices_it_is_the_share_of_the_label(decoder, params):
  question, choices = _ids('Tom has 3 pens.'), ('pens', '3 books', 'a box')
  each = [_probability(params, question, _ids(text)) for text in choices]
  labels = [_ids(text) for text in choices]
  found = confidence.of_labels(
    decoder, params, [question] * 3, labels, [choices] * 3
  )
  np.testing.assert_allclose(found, np.array(each) / sum(each), rtol=1e-4)
  assert sum(found) == pytest.approx(1.0)


def test_a_label_that_is_no_choice_keeps_its_own_probability(decoder, params):
  question = _ids('Tom has 3 pens.')
  (found,) = confidence.of_labels(
    decoder, params, [question], [_ids('9')], [('pens', 'books')]
  )
  expected = _probability(params, question, _ids('9'))
  assert found == pytest.approx(expected, rel=1e-4)
