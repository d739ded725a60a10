"""Fine-tuning: the label's loss and nothing else."""

import numpy as np

from distill_jax.losses import sequence
from distill_jax.methods import finetune
from tests.methods import formulas, ragged

_COUNTS = [(1, 0), (0, 0), (2, 1)]


def _measured(seed, **fields):
  rows, params = ragged.questions(seed, _COUNTS), ragged.params(seed)
  method = finetune.Finetune(student=ragged.Table(), **fields)
  found = ragged.measured(method, 'student', params, ragged.batch(rows, 2, 1))
  return rows, ragged.lists(params['student']), *found


def test_loss_equals_the_token_mean():
  rows, nats, value, _, terms = _measured(0)
  assert list(terms) == ['label_nll']
  np.testing.assert_allclose(value, formulas.label(nats, rows), rtol=1e-5)


def test_another_reduction():
  rows, nats, value, _, _ = _measured(1, reduction=sequence.question_mean)
  expected = np.mean(
    [formulas.cross_entropy(nats, row.label_input, row.label) for row in rows]
  )
  np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_rationales_have_no_gradient():
  rows, _, _, grad, _ = _measured(2)
  for row in rows:
    assert np.any(grad[row.label_input])
    assert not np.any(grad[row.rationale_input])
