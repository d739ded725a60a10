"""Step-by-step against its paper's formula and its code's form."""

import dataclasses

import jax
import numpy as np
import optax

from distill_jax.methods import step_by_step
from tests.methods import formulas, ragged

_COUNTS = [(2, 0), (0, 0), (1, 1), (3, 0)]


def _case(seed):
  """Returns questions, tables and a batch of each question's first text."""
  rows, params = ragged.questions(seed, _COUNTS), ragged.params(seed)
  first = [
    dataclasses.replace(row, positives=row.positives[:1], negatives=[])
    for row in rows
  ]
  return rows, params, ragged.batch(first, 1, 0)


def _measured(params, batch, **weights):
  method = step_by_step.StepByStep(student=ragged.Table(), **weights)
  return ragged.measured(method, 'student', params, batch)


def test_loss_equals_the_paper_on_ragged_lists():
  rows, params, batch = _case(0)
  nats = ragged.lists(params['student'])
  label = formulas.label(nats, rows)
  rationale = formulas.first_rationale(nats, rows)
  value, _, _ = _measured(params, batch)
  np.testing.assert_allclose(value, 0.5 * label + 0.5 * rationale, rtol=1e-5)
  value, _, _ = _measured(params, batch, label_weight=0.0)
  np.testing.assert_allclose(value, 0.5 * rationale, rtol=1e-5)
  value, _, _ = _measured(params, batch, rationale_weight=0.0)
  np.testing.assert_allclose(value, 0.5 * label, rtol=1e-5)


def test_a_question_without_rationale_is_not_divided_by():
  rows, params, batch = _case(1)
  _, grad, terms = _measured(params, batch)
  tokens = sum(len(row.positives[0]) for row in rows if row.positives)
  assert float(terms['rationale_nll'].count) == tokens
  assert not np.any(grad[rows[1].rationale_input])


def test_zeroing_a_term_changes_the_gradient():
  _, params, batch = _case(2)
  _, whole, _ = _measured(params, batch)
  for name in ('label_weight', 'rationale_weight'):
    _, part, _ = _measured(params, batch, **{name: 0.0})
    assert np.max(np.abs(whole - part)) > 1e-3


def test_both_forms_make_the_same_adamw_updates():
  _, params, batch = _case(3)
  optimizer = optax.adamw(1e-2, weight_decay=0.0)
  update = jax.jit(optimizer.update)

  def trained(**weights):
    own = params['student']
    state = optimizer.init(own)
    for _ in range(3):
      _, grad, _ = _measured(params | {'student': own}, batch, **weights)
      changes, state = update(grad, state, own)
      own = own + changes
    return own

  paper = trained(label_weight=1.0, rationale_weight=1.0)
  code = trained()
  np.testing.assert_allclose(paper, code, atol=1e-5)
  assert np.max(np.abs(paper - params['student'])) > 1e-2
