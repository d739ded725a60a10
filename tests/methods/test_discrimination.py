"""The critic's loss L_D against the paper's formula on ragged lists."""

import jax
import numpy as np
import pytest

from distill_jax.losses import ranking
from distill_jax.methods import qcrd
from tests.methods import formulas, ragged

_METHOD = qcrd.Discrimination(
  critic=ragged.Scores(noise=1.0), loss=ranking.exponential_ratio
)
_COUNTS = [(3, 2), (1, 1), (2, 0), (0, 2), (0, 0), (2, 3)]


def _case(seed, counts=_COUNTS, num_negatives=3):
  rows, params = ragged.questions(seed, counts), ragged.params(seed)
  return rows, params, ragged.batch(rows, 3, num_negatives)


def _critic(params, batch):
  return ragged.measured(_METHOD, 'critic', params, batch)


@pytest.mark.parametrize('seed', range(3))
def test_loss_and_gradient_equal_the_paper_on_ragged_lists(seed):
  rows, params, batch = _case(seed)
  value, grad, _ = _critic(params, batch)
  logits = ragged.lists(params['critic'])
  reference = lambda logits: formulas.discrimination(logits, rows)
  np.testing.assert_allclose(value, reference(logits), rtol=1e-4)
  np.testing.assert_allclose(
    grad, formulas.gradient(reference, logits), rtol=1e-3, atol=1e-6
  )


def test_only_questions_with_both_kinds_are_divided_by():
  # A filling row repeats the first question, which has both kinds.
  _, params, batch = _case(1, _COUNTS[:5])
  _, _, terms = _critic(params, batch)
  assert list(terms) == ['critic_loss']
  assert float(terms['critic_loss'].count) == 2.0
  assert terms['critic_loss'].weight == 1.0


@pytest.mark.parametrize('num_negatives', [0, 3])
def test_no_question_with_both_kinds_is_zero(num_negatives):
  _, params, batch = _case(2, [(2, 0), (1, 0), (0, 0)], num_negatives)
  value, grad, _ = _critic(params, batch)
  assert value == 0.0
  assert not np.any(grad)


def test_the_student_is_not_asked_and_dropout_is():
  _, params, batch = _case(3)
  objective = jax.jit(
    lambda key: _METHOD({'critic': params['critic']}, batch, key)
  )
  first, second = objective(jax.random.key(0)), objective(jax.random.key(1))
  assert first['critic_loss'].total != second['critic_loss'].total
