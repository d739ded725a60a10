"""One update: whose parameters move, how far, and from which keys."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from distill_jax.losses import mean, ranking
from distill_jax.methods import qcrd, quality, step_by_step
from distill_jax.training import optimizers, phases, step
from tests.methods import ragged

_SGD = optax.sgd(1.0)
_ADAMW = optimizers.AdamW(schedule=optimizers.Fixed(rate=1e-2)).build(10)
_COUNTS = [(3, 2), (1, 1), (2, 0), (0, 2), (0, 0), (2, 3), (1, 0), (2, 2)]
_DSS = step_by_step.StepByStep(student=ragged.Table())
_QCRD = qcrd.QCRD(
  student=ragged.Table(), quality=quality.Judged(critic=ragged.Scores())
)
_CRITIC = qcrd.Discrimination(
  critic=ragged.Scores(), loss=ranking.exponential_ratio
)


@functools.cache
def _made(network, objective, transform, accumulate):
  update = phases.Update(
    network=network, objective=objective, optimizer=optimizers.AdamW()
  )
  return step.make(update, transform, accumulate)


def _moved(
  network,
  objective,
  params,
  batch,
  *,
  transform=_SGD,
  accumulate=1,
  weight=1.0,
  number=0,
):
  """Returns the change of a network's table in one step, and the terms."""
  others = dict(params)
  own = others.pop(network)
  new, _, terms = _made(network, objective, transform, accumulate)(
    jnp.array(own),
    transform.init(own),
    others,
    batch,
    jax.random.key(0),
    number,
    weight,
  )
  return np.asarray(new) - own, terms


def _case(seed, counts=_COUNTS, size=8):
  rows, params = ragged.questions(seed, counts), ragged.params(seed)
  return params, ragged.batch(rows, 3, 3, size)


def test_a_step_goes_down_the_gradient():
  params, batch = _case(0)
  change, terms = _moved('student', _QCRD, params, batch)
  value, grad, _ = ragged.measured(_QCRD, 'student', params, batch)
  np.testing.assert_allclose(change, -grad, rtol=1e-4, atol=1e-6)
  np.testing.assert_allclose(mean.objective(terms), value, rtol=1e-6)


@pytest.mark.parametrize(
  ('network', 'objective', 'accumulate'),
  [
    ('student', _DSS, 4),
    ('student', _QCRD, 2),
    ('student', _QCRD, 8),
    ('critic', _CRITIC, 4),
  ],
)
def test_micro_batches_move_as_one_batch(network, objective, accumulate):
  # Their token counts differ, and the last two rows only fill the batch.
  params, batch = _case(1, _COUNTS[:6])
  whole, whole_terms = _moved(network, objective, params, batch)
  parts, parts_terms = _moved(
    network, objective, params, batch, accumulate=accumulate
  )
  np.testing.assert_allclose(parts, whole, rtol=1e-4, atol=1e-6)
  assert np.max(np.abs(whole)) > 1e-3
  for name, term in whole_terms.items():
    np.testing.assert_allclose(
      parts_terms[name].total, term.total, rtol=1e-5, atol=1e-6
    )
    assert float(parts_terms[name].count) == float(term.count)
    assert parts_terms[name].weight == term.weight


def test_micro_batches_hold_unequal_counts():
  # Otherwise the test above could not tell a mean of means from a mean.
  _, batch = _case(1, _COUNTS[:6])
  tokens = np.sum((batch.label_targets > 0) * batch.weights[:, None], axis=1)
  assert len({float(tokens[i::2].sum()) for i in range(2)}) == 2


@pytest.mark.parametrize('network', ['student', 'critic'])
def test_halving_the_weight_halves_the_update_under_adam(network):
  objective = {'student': _QCRD, 'critic': _CRITIC}[network]
  params, batch = _case(2)
  full, half = (
    _moved(
      network,
      objective,
      params,
      batch,
      transform=_ADAMW,
      weight=phases.Decay(initial=a3)(0),
    )[0]
    for a3 in (0.5, 0.25)
  )
  assert np.max(np.abs(full)) > 1e-3
  np.testing.assert_allclose(half, full / 2, rtol=1e-3, atol=1e-6)


def test_a_factor_on_the_critics_loss_would_be_undone_by_adam():
  # The reason why a3 scales the update.
  params, batch = _case(3)

  def halved(positive, positive_valid, negative, negative_valid):
    return 0.5 * ranking.exponential_ratio(
      positive, positive_valid, negative, negative_valid
    )

  whole, _ = _moved('critic', _CRITIC, params, batch, transform=_ADAMW)
  half, _ = _moved(
    'critic',
    dataclasses.replace(_CRITIC, loss=halved),
    params,
    batch,
    transform=_ADAMW,
  )
  np.testing.assert_allclose(half, whole, rtol=1e-2, atol=1e-5)


def test_the_state_of_the_optimizer_moves_with_it():
  params, batch = _case(4)
  make = _made('student', _QCRD, _ADAMW, 1)
  others = {'critic': params['critic']}
  own, state = jnp.array(params['student']), _ADAMW.init(params['student'])
  for number in range(3):
    own, state, _ = make(
      own, state, others, batch, jax.random.key(0), number, 1.0
    )
  assert int(state[0].count) == 3


@dataclasses.dataclass(frozen=True)
class _Noise:
  """An objective whose gradient is a random number of the step's key."""

  network: str

  def __call__(self, params, batch, rng):
    pull = jax.random.normal(rng, ()) * jnp.sum(params[self.network])
    return {'loss': mean.Mean(pull, jnp.sum(batch.weights), 1.0)}


def _noise(network='student', **settings):
  params, batch = _case(5)
  change, _ = _moved(network, _Noise(network), params, batch, **settings)
  return float(change[0, 0])


def test_keys_come_from_the_number_of_the_step():
  assert _noise(number=3) == _noise(number=3)
  assert _noise(number=3) != _noise(number=4)


def test_networks_of_one_step_have_keys_of_their_own():
  assert not np.isclose(_noise('student'), _noise('critic'))


def test_micro_batches_have_keys_of_their_own():
  # Equal keys would make the sum of two parts one number, twice.
  assert not np.isclose(_noise(accumulate=2), _noise(accumulate=1))


def test_others_do_not_move_and_their_gradient_is_not_taken():
  params, batch = _case(6)

  @jax.custom_jvp
  def watched(x):
    return x

  @watched.defjvp
  def _differentiated(primals, tangents):
    raise AssertionError("the gradient of another network's parameters")

  def objective(params, batch, rng):
    held = params | {'critic': watched(params['critic'])}
    return _QCRD(held, batch, rng)

  change, _ = _moved('student', objective, params, batch)
  assert np.any(change)


@pytest.mark.parametrize('spoilt', [np.nan, np.inf])
def test_what_is_not_finite_moves_nothing(spoilt):
  params, batch = _case(3)
  own = jnp.array(params['student'])
  first = _ADAMW.update(jnp.ones_like(own), _ADAMW.init(own), own)[1]
  before = jax.tree.map(np.array, (own, first))
  batch = dataclasses.replace(batch, weights=batch.weights * spoilt)
  after, moments, terms = _made('student', _DSS, _ADAMW, 1)(
    own, first, {}, batch, jax.random.key(0), 0, 1.0
  )
  np.testing.assert_array_equal(after, before[0])
  adam, was = moments[0], before[1][0]
  np.testing.assert_allclose(adam.mu, 0.9 * was.mu, rtol=1e-6)
  np.testing.assert_allclose(adam.nu, 0.999 * was.nu, rtol=1e-6)
  assert {name: float(term.total) for name, term in terms.items()} == {
    **dict.fromkeys(terms, 0.0),
    'student_skipped': 1.0,
  }


@dataclasses.dataclass(frozen=True)
class _Slope:
  """An objective of a known gradient."""

  slope: float

  def __call__(self, params, batch, rng):
    del rng
    total = self.slope * jnp.sum(params['student'])
    return {'loss': mean.Mean(total, jnp.sum(batch.weights), 1.0)}


@pytest.mark.parametrize('accumulate', [1, 2])
@pytest.mark.parametrize('slope', [1e15, 1e30])
def test_a_gradient_whose_square_overflows_moves_nothing(slope, accumulate):
  params, batch = _case(3)
  change, terms = _moved(
    'student',
    _Slope(slope),
    params,
    batch,
    transform=_ADAMW,
    accumulate=accumulate,
  )
  overflows = slope > 1e19
  assert terms['student_skipped'].total == overflows
  assert np.any(change) != overflows
