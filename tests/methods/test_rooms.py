"""What every method makes of a batch does not depend on its rooms."""

import dataclasses

import jax
import numpy as np
import pytest

from distill_jax import batch as batch_lib
from distill_jax.critics import corruption, discriminator
from distill_jax.data import rooms
from distill_jax.losses import mean, ranking, schemes
from distill_jax.methods import (
  discriminator_pretraining,
  qcrd,
  quality,
  step_by_step,
)
from distill_jax.models import t5
from distill_jax.students import encoder_decoder
from distill_jax.text import vocabulary

_VOCABULARY = vocabulary.Vocabulary()
_CONFIG = t5.T5Config(
  vocab_size=_VOCABULARY.size,
  emb_dim=16,
  num_heads=2,
  head_dim=8,
  mlp_dim=32,
  num_encoder_layers=1,
  num_decoder_layers=1,
  dropout_rate=0.2,
)
_STUDENT = encoder_decoder.EncoderDecoder(config=_CONFIG)
_CRITIC = discriminator.Discriminator(config=_CONFIG, hidden_dim=8)
_DISCRIMINATION = qcrd.Discrimination(
  critic=_CRITIC, loss=ranking.exponential_ratio
)
_QCRD = qcrd.QCRD(
  student=_STUDENT, quality=quality.Judged(critic=_CRITIC), margin=9.0
)
_METHODS = {
  'step_by_step': step_by_step.StepByStep(student=_STUDENT),
  'qcrd': _QCRD,
  'qcrd of all': dataclasses.replace(_QCRD, scheme=schemes.Mean()),
  'pretraining': discriminator_pretraining.DiscriminatorPretraining(
    discrimination=_DISCRIMINATION,
    corruption=corruption.Corruption(vocabulary=_VOCABULARY),
    min_corrupted=1,
  ),
}


def _texts(rng, *shape):
  """Ids of unequal length, the last column always padding."""
  ids = rng.integers(3, _VOCABULARY.size, shape)
  lengths = rng.integers(1, shape[-1], shape[:-1])
  there = np.arange(shape[-1]) < lengths[..., None]
  return np.where(there, ids, 0).astype(np.int32)


def _batch():
  rng = np.random.default_rng(0)
  return batch_lib.Batch(
    label_inputs=_texts(rng, 4, 7),
    label_targets=_texts(rng, 4, 5),
    rationale_inputs=_texts(rng, 4, 7),
    questions=_texts(rng, 4, 6),
    positives=_texts(rng, 4, 3, 6),
    negatives=_texts(rng, 4, 2, 6),
    positive_valid=np.ones((4, 3), bool),
    negative_valid=np.array([[1, 1], [1, 0], [0, 0], [1, 1]], bool),
    weights=np.ones(4, np.float32),
    example_index=np.arange(4, dtype=np.int32),
  )


def _exact(batch):
  """The batch with rooms for its tokens and not one more."""
  return dataclasses.replace(
    batch,
    rooms=tuple(
      (name, batch_lib.Room(int(count.sum())))
      for name, count in rooms.counts(batch).items()
    ),
  )


@pytest.mark.parametrize(
  'name',
  [
    pytest.param('step_by_step', marks=pytest.mark.slow),
    'qcrd',
    pytest.param('qcrd of all', marks=pytest.mark.slow),
    'pretraining',
  ],
)
def test_terms_and_gradients(name):
  batch, key = _batch(), jax.random.key(5)
  params = {
    'student': _STUDENT.init(jax.random.key(0)),
    'critic': _CRITIC.init(jax.random.key(1)),
  }

  def measure(params, batch):
    terms = _METHODS[name](params, batch, key)
    return mean.objective(terms), terms

  measured = jax.jit(jax.value_and_grad(measure, has_aux=True))
  (_, terms), gradient = measured(params, _exact(batch))
  (_, expected), same = measured(params, batch)
  assert terms.keys() == expected.keys()
  for term, there in zip(jax.tree.leaves(terms), jax.tree.leaves(expected)):
    np.testing.assert_allclose(term, there, rtol=1e-5, atol=1e-6)
  for own, there in zip(jax.tree.leaves(gradient), jax.tree.leaves(same)):
    np.testing.assert_allclose(own, there, rtol=1e-3, atol=1e-5)
