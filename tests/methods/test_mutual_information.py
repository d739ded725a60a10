"""MI against its formula on ragged lists."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax.losses import agreement
from distill_jax.methods import mutual_information
from distill_jax.students import likelihood, student
from tests.methods import formulas, ragged

_COUNTS = [(2, 0), (0, 0), (1, 1), (3, 0)]


@dataclasses.dataclass(frozen=True)
class _Bigram:
  """Logits are a row of the table behind the input plus one behind a token."""

  def encode(self, params, inputs, rng=None):
    del rng
    return student.Encoded(
      hidden=params[inputs[:, 0]][:, None], valid=inputs > 0
    )

  def logits(self, params, encoded, targets, rng=None):
    del rng
    before = jnp.pad(targets[:, :-1], ((0, 0), (1, 0)))
    return encoded.hidden + params[before % ragged.INPUTS]


def _rows(table, source, target):
  """The logits of every token of a target, as lists."""
  before = [0, *target[:-1]]
  return [
    [a + b for a, b in zip(table[source], table[token % ragged.INPUTS])]
    for token in before
  ]


def _softmax(row):
  parts = [math.exp(x) for x in row]
  return [part / sum(parts) for part in parts]


def _token_mean(table, pairs):
  nats = [
    -math.log(_softmax(row)[token])
    for source, target in pairs
    for row, token in zip(_rows(table, source, target), target)
  ]
  return sum(nats) / len(nats)


def _peaks(table, source, target, width):
  rows = _rows(table, source, target + [0] * (width - len(target)))
  return [max(column) for column in zip(*map(_softmax, rows))]


def _released(aim, found):
  return -sum(p * math.log(e) for p, e in zip(aim, _softmax(found)))


def _corrected(aim, found):
  return -sum(
    p / sum(aim) * math.log(e / sum(found)) for p, e in zip(aim, found)
  )


def _formula(table, fixed, rows, form, alpha=0.5, gamma=0.1):
  """The objective; `fixed` is the table that the label's aim is taken from."""
  told = [row for row in rows if row.positives]
  whole = form is _released  # padding among the tokens
  width = lambda text: ragged.LENGTH if whole else len(text)
  found = [
    form(
      _peaks(fixed, row.label_input, row.label, width(row.label)),
      _peaks(
        table, row.rationale_input, row.positives[0], width(row.positives[0])
      ),
    )
    for row in told
  ]
  label = _token_mean(table, [(row.label_input, row.label) for row in rows])
  rationale = _token_mean(
    table, [(row.rationale_input, row.positives[0]) for row in told]
  )
  return (
    alpha * label + (1 - alpha) * rationale + gamma * sum(found) / len(found)
  )


def _case(seed):
  rows, params = ragged.questions(seed, _COUNTS), ragged.params(seed)
  first = [
    dataclasses.replace(row, positives=row.positives[:1], negatives=[])
    for row in rows
  ]
  return rows, params, ragged.batch(first, 1, 0)


@pytest.mark.parametrize(
  ('loss', 'form'),
  [(agreement.released, _released), (agreement.corrected, _corrected)],
)
def test_loss_and_gradient_equal_the_formula_on_ragged_lists(loss, form):
  rows, params, batch = _case(0)
  method = mutual_information.MutualInformation(student=_Bigram(), loss=loss)
  value, grad, _ = ragged.measured(method, 'student', params, batch)
  table = ragged.lists(params['student'])
  fixed = ragged.lists(params['student'])
  reference = lambda table: _formula(table, fixed, rows, form)
  np.testing.assert_allclose(value, reference(table), rtol=1e-5)
  np.testing.assert_allclose(
    grad, formulas.gradient(reference, table), rtol=1e-2, atol=1e-5
  )


def test_a_question_without_rationale_is_not_divided_by():
  _, params, batch = _case(1)
  method = mutual_information.MutualInformation(student=_Bigram())
  _, _, terms = ragged.measured(method, 'student', params, batch)
  assert float(terms['agreement'].count) == 3.0
  assert {name: term.weight for name, term in terms.items()} == {
    'label_nll': 0.5,
    'rationale_nll': 0.5,
    'agreement': 0.1,
  }


def test_predicted_gives_the_nats_of_its_logits():
  _, params, batch = _case(2)
  nll, logits = jax.jit(
    lambda table: likelihood.predicted(
      _Bigram(), table, batch.label_inputs, batch.label_targets
    )
  )(params['student'])
  expected = -jax.nn.log_softmax(logits)
  for b, row in enumerate(np.asarray(batch.label_targets)):
    for t, token in enumerate(row):
      nats = expected[b, t, token] if token else 0.0
      np.testing.assert_allclose(nll.nats[b, t], nats, rtol=1e-5)
