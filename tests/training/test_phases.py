"""Phases, updates and the factors on them."""

import types

import pytest

from distill_jax.data import candidates
from distill_jax.training import negatives, optimizers, phases, validation


def _update(**fields):
  return phases.Update(
    **{'network': 'student', 'objective': None, 'optimizer': _OPTIMIZER}
    | fields
  )


def _phase(**fields):
  return phases.Phase(
    **{
      'updates': (_update(),),
      'steps': 10,
      'candidates': candidates.First(),
      'batch_size': 8,
    }
    | fields
  )


_OPTIMIZER = optimizers.AdamW()


def test_due_by_hand():
  update = _update(every=4, start=3)
  due = [step for step in range(13) if update.due(step)]
  assert due == [3, 7, 11]
  assert update.count(13) == 3


def test_count_is_the_number_of_steps_that_are_due():
  for every in (1, 2, 3, 7):
    for start in (0, 1, 5, 40):
      update = _update(every=every, start=start)
      for steps in (1, 2, 5, 6, 14, 20):
        due = sum(update.due(step) for step in range(steps))
        assert update.count(steps) == due, (every, start, steps)


def test_decay_by_hand():
  decay = phases.Decay(initial=0.5, factor=0.9, period=250)
  assert decay(0) == decay(249) == 0.5
  assert decay(250) == pytest.approx(0.45)
  assert decay(499) == pytest.approx(0.45)
  assert decay(2500) == pytest.approx(0.5 * 0.9**10)


def test_decay_defaults_to_the_papers_a3():
  decay = phases.Decay()
  assert (decay.initial, decay.factor, decay.period) == (0.5, 0.9, 250)


def test_constant():
  assert phases.Constant()(0) == 1.0
  assert phases.Constant(value=0.25)(1000) == 0.25


def test_trains():
  phase = _phase(updates=(_update(network='critic'),))
  assert phase.trains('critic')
  assert not phase.trains('student')


def test_one_update_per_network_is_accepted():
  phase = _phase(updates=(_update(), _update(network='critic', every=2)))
  assert [update.network for update in phase.updates] == ['student', 'critic']


@pytest.mark.parametrize(
  ('fields', 'message'),
  [
    ({'network': 'teacher'}, "network is 'teacher', expected 'student'"),
    ({'every': 0}, 'every is 0'),
    ({'start': -1}, 'start -1'),
  ],
)
def test_an_update_that_makes_no_sense_is_refused(fields, message):
  with pytest.raises(ValueError, match=message):
    _update(**fields)


@pytest.mark.parametrize(
  ('fields', 'message'),
  [
    ({'steps': 0}, 'steps is 0'),
    ({'batch_size': 0}, 'batch_size is 0'),
    ({'accumulate': 0}, 'accumulate is 0'),
    ({'accumulate': 3}, 'batch_size 8 is no multiple of accumulate 3'),
    ({'updates': ()}, 'at least one update'),
    ({'updates': (_update(), _update())}, 'at most one per network'),
  ],
)
def test_a_phase_that_makes_no_sense_is_refused(fields, message):
  with pytest.raises(ValueError, match=message):
    _phase(**fields)


@pytest.mark.parametrize(
  ('fields', 'message'),
  [
    ({'period': 0}, r'Decay\.period is 0'),
    ({'initial': -0.5}, r'Decay\.initial is -0\.5'),
    ({'factor': -1.0}, r'factor -1'),
  ],
)
def test_a_decay_that_makes_no_sense_is_refused(fields, message):
  with pytest.raises(ValueError, match=message):
    phases.Decay(**fields)


@pytest.mark.parametrize(
  ('fields', 'message'),
  [
    ({'temperature': 0.0}, r'Negatives\.temperature is 0'),
    ({'batch_size': 0}, r'Negatives\.batch_size is 0'),
  ],
)
def test_negatives_that_make_no_sense_are_refused(fields, message):
  with pytest.raises(ValueError, match=message):
    negatives.Negatives(**fields)


@pytest.mark.parametrize(
  ('fields', 'message'),
  [
    ({'max_examples': 0}, r'Validation\.max_examples is 0'),
    ({'split': 'test'}, r"Validation\.split is 'test'.* never chosen on test"),
    ({'split': 'tset'}, r"Validation\.split is 'tset'"),
    ({'every': 0}, r'every is 0'),
  ],
)
def test_a_validation_that_makes_no_sense_is_refused(fields, message):
  with pytest.raises(ValueError, match=message):
    validation.Validation(**fields)


def test_any_function_of_the_step_can_be_a_weight():
  weight = types.SimpleNamespace(at=lambda step: 1.0 / (1 + step)).at
  assert _update(weight=weight).weight(3) == 0.25
