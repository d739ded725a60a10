"""QCRD against the paper's formulas on ragged lists, term by term."""

import dataclasses
import math

import jax
import numpy as np
import pytest

from distill_jax.losses import schemes
from distill_jax.methods import qcrd, quality
from tests.methods import formulas, ragged

_METHOD = qcrd.QCRD(
  student=ragged.Table(), quality=quality.Judged(critic=ragged.Scores())
)
_COUNTS = [(3, 2), (1, 1), (2, 0), (0, 2), (0, 0), (2, 3)]
_PAPER = {'a1': 0.5, 'a2': 0.5, 'beta': 0.2, 'delta': 3.0}
_NAMES = {
  'label_weight': 'a1',
  'contrastive_weight': 'a2',
  'negative_weight': 'beta',
  'margin': 'delta',
}


def _case(seed, counts=_COUNTS, num_negatives=3):
  rows, params = ragged.questions(seed, counts), ragged.params(seed)
  return rows, params, ragged.batch(rows, 3, num_negatives)


def _student(params, batch, method=_METHOD):
  return ragged.measured(method, 'student', params, batch)


def _tables(params):
  return ragged.lists(params['student']), ragged.lists(params['critic'])


@pytest.mark.parametrize('seed', range(4))
def test_loss_and_gradient_equal_the_paper_on_ragged_lists(seed):
  rows, params, batch = _case(seed)
  nats, logits = _tables(params)
  value, grad, _ = _student(params, batch)

  def reference(nats):
    return formulas.qcrd(nats, logits, rows, **_PAPER)

  np.testing.assert_allclose(value, reference(nats), rtol=1e-5)
  np.testing.assert_allclose(
    grad, formulas.gradient(reference, nats), rtol=1e-3, atol=1e-6
  )


def test_the_constants_default_to_the_papers():
  defaults = {name: getattr(_METHOD, field) for field, name in _NAMES.items()}
  assert defaults == _PAPER


@pytest.mark.parametrize(
  'changed',
  [
    {'label_weight': 0.0},
    {'contrastive_weight': 0.0},
    {'negative_weight': 0.0},
    {'margin': 0.0},
    {'negative_weight': 0.9, 'margin': 1.5},
  ],
)
def test_each_constant_stands_where_the_paper_has_it(changed):
  rows, params, batch = _case(1)
  method = dataclasses.replace(_METHOD, **changed)
  value, grad, _ = _student(params, batch, method)
  constants = _PAPER | {_NAMES[field]: new for field, new in changed.items()}
  expected = formulas.qcrd(*_tables(params), rows, **constants)
  np.testing.assert_allclose(value, expected, rtol=1e-5)
  default_value, default_grad, _ = _student(params, batch)
  assert abs(value - default_value) > 1e-3
  assert np.max(np.abs(grad - default_grad)) > 1e-3


def test_by_hand():
  params = ragged.params(0)
  params['student'][1, 7] = 1.25
  params['student'][2, 2:7] = [4.0, 2.0, 1.0, 2.0, 0.5]
  params['critic'][2, 3], params['critic'][2, 5] = math.log(4), -math.log(3)
  row = ragged.Question(
    label_input=1,
    rationale_input=2,
    label=[7],
    positives=[[2, 3], [3, 4]],  # CE 3 and 1.5; s of the second is 0.8
    negatives=[[6], [5]],  # CE 0.5 and 2; s of the second is 0.25
  )
  value, _, _ = _student(params, ragged.batch([row], 3, 3))
  pull = 0.8 * 1.5 - 0.2 * (1 - 0.25) * (2.0 - 3.0)
  np.testing.assert_allclose(value, 0.5 * 1.25 + 0.5 * pull, rtol=1e-6)


def test_the_gradient_in_the_critic_is_exactly_zero():
  _, params, batch = _case(3)
  value, grad, _ = ragged.measured(_METHOD, 'critic', params, batch)
  assert not np.any(grad)
  shifted = params | {'critic': params['critic'] + 1.0}
  assert value != ragged.measured(_METHOD, 'critic', shifted, batch)[0]


def test_scores_are_taken_without_dropout():
  _, params, batch = _case(3)
  judge = quality.Judged(critic=ragged.Scores(noise=1.0))
  noisy = dataclasses.replace(_METHOD, quality=judge)
  terms = jax.jit(noisy)(params, batch, jax.random.key(0))
  _, _, expected = _student(params, batch)
  np.testing.assert_allclose(terms['s_pos'].total, expected['s_pos'].total)


def test_a_question_without_positives_adds_nothing_but_is_divided_by():
  rows, params, batch = _case(4, [(2, 2), (0, 2), (0, 0), (0, 1), (0, 3)])
  nats, logits = _tables(params)
  _, _, terms = _student(params, batch)
  alone = formulas.contrastive(nats, logits, rows[:1], 0.2, 3.0)
  np.testing.assert_allclose(terms['contrastive'].total, alone, rtol=1e-5)
  assert float(terms['contrastive'].count) == 5.0


def test_a_question_without_negatives_keeps_its_positive_term():
  rows, params, batch = _case(5, [(2, 0)])
  _, _, terms = _student(params, batch)
  expected = formulas.positive_term(*_tables(params), rows[0])
  np.testing.assert_allclose(terms['contrastive'].value(), expected, rtol=1e-5)
  assert float(terms['repulsion'].total) == 0.0
  assert float(terms['has_negative'].value()) == 0.0


def test_none_valid_leaves_the_label_alone():
  rows, params, batch = _case(6, [(0, 0), (0, 0)])
  value, grad, _ = _student(params, batch)
  expected = 0.5 * formulas.label(_tables(params)[0], rows)
  np.testing.assert_allclose(value, expected, rtol=1e-5)
  assert np.all(np.isfinite(grad))
  assert not np.any(grad[[row.rationale_input for row in rows], :])


def test_no_slots_for_negatives():
  rows, params, batch = _case(7, [(2, 0), (1, 0)], num_negatives=0)
  value, grad, terms = _student(params, batch)
  expected = formulas.qcrd(*_tables(params), rows, **_PAPER)
  np.testing.assert_allclose(value, expected, rtol=1e-5)
  assert np.all(np.isfinite(grad))
  assert float(terms['negative_active'].value()) == 0.0


def test_rows_that_fill_the_batch_change_nothing():
  rows, params, batch = _case(8, _COUNTS[:4])
  value, _, _ = _student(params, batch)
  expected = formulas.qcrd(*_tables(params), rows, **_PAPER)
  np.testing.assert_allclose(value, expected, rtol=1e-5)


def _row(source, positives, negatives):
  return ragged.Question(
    label_input=source,
    rationale_input=source,
    label=[7],
    positives=positives,
    negatives=negatives,
  )


def test_reported_numbers_by_hand():
  params = {name: 0 * table for name, table in ragged.params(0).items()}
  params['student'][2, 2:6] = [1.0, 2.0, 2.5, 4.0]
  params['student'][4, 2:6] = [3.0, 5.0, 2.0, 1.0]
  rows = [
    _row(2, [[2]], [[3], [4]]),  # negatives of 2 and 2.5 nats: active
    _row(4, [[4], [2]], [[5], [3]]),  # one of 5 nats: silent
    _row(4, [[5]], []),  # none: not counted where negatives are
  ]
  _, _, terms = _student(params, ragged.batch(rows, 3, 3))
  found = {name: float(term.value()) for name, term in terms.items()}
  assert found == pytest.approx(
    {
      'label_nll': 0.0,
      'contrastive': (0.5 + 1.0 + 0.5 + 0.2 * 0.5 * 0.5) / 3,
      'attraction': (0.5 + 1.0 + 0.5) / 3,
      'repulsion': 0.5 * -0.5 / 3,
      'negative_active': 1 / 3,
      'has_negative': 2 / 3,
      's_pos': 0.5,
      's_neg': 0.5,
      'nll_pos': (1.0 + 2.0 + 3.0 + 1.0) / 4,
      'nll_neg': (2.0 + 2.5 + 1.0 + 5.0) / 4,
    }
  )
  weights = {name: term.weight for name, term in terms.items() if term.weight}
  assert weights == {'label_nll': 0.5, 'contrastive': 0.5}


def test_without_positives_the_negative_term_is_not_active():
  params = ragged.params(9)
  params['student'][:] = 1.0
  rows = ragged.questions(9, [(0, 2), (1, 2)])
  _, _, terms = _student(params, ragged.batch(rows, 3, 3))
  assert float(terms['negative_active'].value()) == 0.5


@pytest.mark.parametrize('seed', range(2))
@pytest.mark.parametrize(
  ('scheme', 'positive', 'negative'),
  [
    (schemes.MinMax(), formulas.least, formulas.most),
    (schemes.MaxMin(), formulas.most, formulas.least),
    (schemes.Mean(), formulas.average, formulas.average),
    (schemes.WeightedMean(), formulas.weighted, formulas.weighted),
  ],
)
def test_schemes_equal_a_loop_over_ragged_lists(
  scheme, positive, negative, seed
):
  rows, params, batch = _case(seed)
  nats, logits = _tables(params)
  method = dataclasses.replace(_METHOD, scheme=scheme)
  value, grad, _ = _student(params, batch, method)

  def reference(nats):
    pull = formulas.scheme(nats, logits, rows, positive, negative, 0.2, 3.0)
    return 0.5 * formulas.label(nats, rows) + 0.5 * pull

  np.testing.assert_allclose(value, reference(nats), rtol=1e-5)
  np.testing.assert_allclose(
    grad, formulas.gradient(reference, nats), rtol=1e-3, atol=1e-6
  )


def test_sampling_is_one_of_each_kind_and_another_with_another_key():
  rows, params, batch = _case(1)
  nats, logits = _tables(params)
  method = dataclasses.replace(_METHOD, scheme=schemes.Sampling())
  tables = jax.tree.map(jax.numpy.asarray, params)
  draw = jax.jit(lambda key: method(tables, batch, key))
  seen = set()
  for seed in range(12):
    terms = draw(jax.random.key(seed))
    seen.add(round(float(terms['attraction'].total), 4))
  possible = formulas.possible_attractions(nats, logits, rows)
  assert len(seen) > 1
  assert all(min(abs(x - y) for y in possible) < 2e-4 for x in seen)


def test_trusted_rationales_count_in_full_and_need_no_critic():
  rows, params, batch = _case(2)
  nats, _ = _tables(params)
  method = dataclasses.replace(_METHOD, quality=quality.Trusted())
  own = {'student': params['student']}
  terms = jax.jit(method)(own, batch, None)
  costs = lambda row, texts: [
    formulas.cross_entropy(nats, row.rationale_input, r) for r in texts
  ]
  pull = sum(min(costs(row, row.positives)) for row in rows if row.positives)
  push = sum(
    min(max(costs(row, row.negatives)) - 3.0, 0.0)
    for row in rows
    if row.positives and row.negatives
  )
  np.testing.assert_allclose(terms['attraction'].total, pull, rtol=1e-5)
  np.testing.assert_allclose(terms['repulsion'].total, push, rtol=1e-5)
  assert float(terms['s_pos'].value()) == 1.0
  assert float(terms['s_neg'].value()) == 0.0
