"""A critic that reads by the student's encoder, against plain loops."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax.critics import discriminator, students_encoder
from distill_jax.losses import mean, ranking
from distill_jax.methods import qcrd
from distill_jax.models import t5
from distill_jax.students import encoder_decoder
from tests.methods import formulas, ragged

_STUDENT = encoder_decoder.EncoderDecoder(
  config=t5.T5Config(
    vocab_size=ragged.VOCAB,
    emb_dim=16,
    num_heads=2,
    head_dim=8,
    mlp_dim=16,
    num_encoder_layers=2,
    num_decoder_layers=1,
    dropout_rate=0.3,
  )
)
_CRITIC = students_encoder.StudentsEncoder(student=_STUDENT, hidden_dim=8)
_QUESTIONS = np.array([[5, 6, 7, 0], [8, 9, 0, 0]], np.int32)
_CANDIDATES = np.array(
  [[[3, 4, 1, 0], [7, 1, 0, 0], [0, 0, 0, 0]],
   [[4, 4, 4, 4], [5, 1, 0, 0], [6, 7, 8, 1]]], np.int32
)  # fmt: skip
_logits = jax.jit(_CRITIC.logits)
_encode = jax.jit(_STUDENT.encode)


@pytest.fixture(scope='module')
def params():
  init = lambda key: {
    'student': _STUDENT.init(key),
    'critic': _CRITIC.init(key),
  }
  return jax.jit(init)(jax.random.key(0))


def _pooled(params, question, candidate) -> list[float]:
  """The largest of each channel over a row that has no padding at all."""
  row = [t for t in question if t] + [1] + [t for t in candidate if t]
  hidden = _encode(params['student'], jnp.array([row])).hidden[0]
  return [max(channel) for channel in np.asarray(hidden, np.float64).T.tolist()]


def _score(head, pooled) -> float:
  """Two linear layers, a rectifier between them."""
  inner = [
    sum(value * weights[h] for value, weights in zip(pooled, head['inner']))
    for h in range(len(head['outer']))
  ]
  return sum(max(0.0, x) * w[0] for x, w in zip(inner, head['outer']))


def _lists(head) -> dict:
  return {name: ragged.lists(layer['kernel']) for name, layer in head.items()}


def test_scores_are_maximum_and_two_layers_over_what_the_student_reads(params):
  head = _lists(params['critic'])
  expected = [
    [_score(head, _pooled(params, question, one)) for one in candidates]
    for question, candidates in zip(_QUESTIONS, _CANDIDATES)
  ]
  found = _logits(params, _QUESTIONS, _CANDIDATES)
  np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
  assert np.ptp(expected) > 1e-2


def test_the_head_is_all_that_it_has(params):
  shapes = jax.tree.map(jnp.shape, params['critic'])
  assert shapes == {'inner': {'kernel': (16, 8)}, 'outer': {'kernel': (8, 1)}}
  ranks = jax.tree.map(
    lambda leaf, spec: leaf.ndim == len(spec), params['critic'], _CRITIC.axes()
  )
  assert all(jax.tree.leaves(ranks))
  own = discriminator.Discriminator(config=_STUDENT.config, hidden_dim=8)
  whole = jax.eval_shape(own.init, jax.random.key(0))
  assert jax.tree.map(jnp.shape, whole['head']) == shapes


def test_another_student_scores_otherwise(params):
  other = params | {'student': jax.jit(_STUDENT.init)(jax.random.key(1))}
  before = _logits(params, _QUESTIONS, _CANDIDATES)
  after = _logits(other, _QUESTIONS, _CANDIDATES)
  assert np.all(np.abs(before - after) > 1e-6)


def test_the_student_reads_without_dropout(params):
  plain = _logits(params, _QUESTIONS, _CANDIDATES)
  keyed = _logits(params, _QUESTIONS, _CANDIDATES, jax.random.key(3))
  np.testing.assert_array_equal(plain, keyed)


def test_its_loss_moves_the_head_alone(params):
  rows = ragged.questions(0, [(2, 1), (1, 2), (2, 2)])
  batch = ragged.batch(rows, 2, 2, size=len(rows))
  method = qcrd.Discrimination(critic=_CRITIC, loss=ranking.exponential_ratio)

  @jax.jit
  @jax.value_and_grad
  def measured(params):
    return mean.objective(method(params, batch, jax.random.key(0)))

  value, grads = measured(params)
  for leaf in jax.tree.leaves(grads['student']):
    np.testing.assert_array_equal(leaf, np.zeros(leaf.shape))

  texts = [
    ([row.rationale_input], text)
    for row in rows
    for text in row.positives + row.negatives
  ]
  pooled = [_pooled(params, *pair) for pair in texts]
  head = _lists(params['critic'])

  def loss(_) -> float:
    quality = (1 / (1 + math.exp(-_score(head, one))) for one in pooled)
    total = 0.0
    for row in rows:
      above = sum(math.exp(next(quality)) for _ in row.positives)
      below = sum(math.exp(next(quality)) for _ in row.negatives)
      total -= math.log(above / below)
    return total / len(rows)

  np.testing.assert_allclose(value, loss(head), rtol=1e-5)
  for name, table in head.items():
    expected = formulas.gradient(loss, table)
    found = grads['critic'][name]['kernel']
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)
    assert np.max(np.abs(found)) > 1e-3
