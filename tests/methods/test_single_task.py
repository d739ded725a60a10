"""Single-task: the loss of one target that holds rationale and label."""

import dataclasses

import numpy as np

from distill_jax.methods import single_task
from tests.methods import formulas, ragged


def test_loss_is_the_mean_over_the_tokens_of_rationale_and_label():
  rows, params = ragged.questions(3, [(1, 0), (0, 0), (2, 0)]), ragged.params(3)
  parts = [
    ((row.positives[0] if row.positives else [])[:2], row.label[:3])
    for row in rows
  ]
  joined = [
    dataclasses.replace(row, label=rationale + label)
    for row, (rationale, label) in zip(rows, parts)
  ]
  method = single_task.SingleTask(student=ragged.Table())
  value, grad, terms = ragged.measured(
    method, 'student', params, ragged.batch(joined, 2, 1)
  )
  nats = ragged.lists(params['student'])

  def reference(nats):
    pairs = [
      (row.label_input, text)
      for row, texts in zip(rows, parts)
      for text in texts
    ]
    return formulas.token_mean(nats, pairs)

  np.testing.assert_allclose(value, reference(nats), rtol=1e-5)
  np.testing.assert_allclose(
    grad, formulas.gradient(reference, nats), rtol=1e-3, atol=1e-6
  )
  assert terms['label_nll'].weight == 1.0


def test_its_student_is_asked_for_rationales():
  method = single_task.SingleTask(student=ragged.Table())
  assert method.learns_rationales
