"""Schedules by hand, and what the optimizers' options do."""

import functools
import math

import jax
import numpy as np
import pytest

from distill_jax.training import optimizers


def _rates(schedule, updates):
  rate = schedule.build(updates)
  return [float(rate(number)) for number in range(updates)]


def test_linear_decay_by_hand():
  rates = _rates(optimizers.Linear(peak=0.4), 4)
  np.testing.assert_allclose(rates, [0.4, 0.3, 0.2, 0.1], rtol=1e-5)


def test_warmup_by_hand():
  # The first update already moves; the peak comes after the warm-up.
  rates = _rates(optimizers.Linear(peak=0.4, warmup=3, final=0.1), 6)
  np.testing.assert_allclose(rates, [0.1, 0.2, 0.3, 0.4, 0.3, 0.2], rtol=1e-5)


def test_after_the_last_update_the_rate_is_final():
  schedule = optimizers.Linear(peak=0.4, warmup=2, final=0.1)
  np.testing.assert_allclose(schedule.build(10)(10), 0.1, rtol=1e-5)


def test_a_warmup_longer_than_the_phase_only_rises():
  rates = _rates(optimizers.Linear(peak=1.0, warmup=50), 4)
  np.testing.assert_allclose(rates, [0.2, 0.4, 0.6, 0.8], rtol=1e-5)


def test_fixed_by_hand():
  rates = _rates(optimizers.Fixed(rate=0.2, warmup=1), 4)
  np.testing.assert_allclose(rates, [0.1, 0.2, 0.2, 0.2], rtol=1e-5)


def test_one_update():
  assert _rates(optimizers.Linear(peak=0.5), 1) == [0.5]
  assert _rates(optimizers.Fixed(rate=0.5), 1) == [0.5]


def _changes(optimizer, gradients, params=None):
  """Returns the change of each update of a two-vector."""
  transform = optimizer.build(len(gradients))
  own = np.zeros(2, np.float32) if params is None else params
  state, changes = transform.init(own), []
  update = jax.jit(transform.update)
  for gradient in gradients:
    change, state = update(np.asarray(gradient, np.float32), state, own)
    changes.append(np.asarray(change))
  return changes


_adamw = functools.partial(
  optimizers.AdamW, schedule=optimizers.Fixed(rate=0.1)
)


def test_adamw_steps_by_the_rate_at_first():
  (change,) = _changes(_adamw(), [[3.0, -0.01]])
  np.testing.assert_allclose(change, [-0.1, 0.1], rtol=1e-4)


def test_adamw_follows_its_schedule():
  schedule = optimizers.Linear(peak=0.4)
  changes = _changes(optimizers.AdamW(schedule=schedule), [[1.0, -1.0]] * 4)
  np.testing.assert_allclose(
    np.stack(changes)[:, 0], [-0.4, -0.3, -0.2, -0.1], rtol=1e-4
  )


def test_adamw_by_hand():
  _, change = _changes(_adamw(b1=0.5, b2=0.75, eps=0.5), [[4.0, 0], [1.0, 0]])
  mean = (0.5 * 0.5 * 4.0 + 0.5 * 1.0) / (1 - 0.5**2)
  square = (0.75 * 0.25 * 16.0 + 0.25 * 1.0) / (1 - 0.75**2)
  expected = -0.1 * mean / (np.sqrt(square) + 0.5)
  np.testing.assert_allclose(change, [expected, 0.0], rtol=1e-5)


def test_weight_decay_is_decoupled():
  params = np.array([2.0, -4.0], np.float32)
  (change,) = _changes(_adamw(weight_decay=0.01), [[0.0, 0.0]], params)
  np.testing.assert_allclose(change, -0.1 * 0.01 * params, rtol=1e-5)


def test_clipping_scales_by_the_global_norm():
  # (3, 4) has norm 5: it becomes (0.6, 0.8), as (0.6, 0.8) itself stays.
  gradients = [[3.0, 4.0], [0.06, 0.08]]
  clipped = _changes(_adamw(max_norm=1.0), gradients)
  by_hand = _changes(_adamw(), [[0.6, 0.8], [0.06, 0.08]])
  free = _changes(_adamw(), gradients)
  np.testing.assert_allclose(clipped[1], by_hand[1], rtol=1e-5)
  assert np.all(np.abs(clipped[1] - free[1]) > 1e-3)


def test_adafactor_descends_by_the_rate_times_the_parameters_size():
  params = np.array([2.0, -2.0], np.float32)
  fixed = optimizers.Fixed(rate=0.1)
  gradients = [[3.0, -0.01]]
  (relative,) = _changes(
    optimizers.Adafactor(schedule=fixed), gradients, params
  )
  (absolute,) = _changes(
    optimizers.Adafactor(schedule=fixed, multiply_by_parameter_scale=False),
    gradients,
    params,
  )
  np.testing.assert_allclose(absolute, [-0.1, 0.1], rtol=1e-3)
  np.testing.assert_allclose(relative, [-0.2, 0.2], rtol=1e-3)


def test_adafactor_clips_too():
  gradients = [[3.0, 4.0], [0.06, 0.08]]
  make = functools.partial(
    optimizers.Adafactor,
    schedule=optimizers.Fixed(rate=0.1),
    multiply_by_parameter_scale=False,
  )
  clipped = _changes(make(max_norm=1.0), gradients)
  free = _changes(make(), gradients)
  assert np.all(np.abs(clipped[1] - free[1]) > 1e-4)


@pytest.mark.parametrize(
  ('field', 'value'),
  [('b1', 0.9), ('b2', 0.999), ('weight_decay', 0.0), ('max_norm', None)],
)
def test_adamw_defaults_to_the_settings_of_step_by_step(field, value):
  assert getattr(optimizers.AdamW(), field) == value
  assert optimizers.AdamW().schedule == optimizers.Linear(
    peak=5e-5, warmup=0, final=0.0
  )


@pytest.mark.parametrize(
  ('make', 'fields', 'message'),
  [
    (optimizers.Linear, {'peak': -1.0}, r'Linear\.peak is -1'),
    (optimizers.Linear, {'peak': 1e39}, r'Linear\.peak is 1e\+39'),
    (optimizers.Fixed, {'rate': math.inf}, r'Fixed\.rate is inf'),
    (optimizers.Fixed, {'rate': math.nan}, r'Fixed\.rate is nan'),
    (optimizers.Linear, {'warmup': -3}, r'Linear\.warmup is -3'),
    (optimizers.Linear, {'final': np.nan}, r'Linear\.final is nan'),
    (optimizers.Fixed, {'rate': -1.0}, r'Fixed\.rate is -1'),
    (optimizers.Fixed, {'warmup': -3}, r'Fixed\.warmup is -3'),
    (optimizers.AdamW, {'b1': 2.0}, r'AdamW\.b1 is 2'),
    (optimizers.AdamW, {'b2': 1.0}, r'AdamW\.b2 is 1'),
    (optimizers.AdamW, {'eps': -1e-8}, r'AdamW\.eps is -1e-08'),
    (optimizers.AdamW, {'weight_decay': -1.0}, r'AdamW\.weight_decay is -1'),
    (optimizers.AdamW, {'max_norm': 0.0}, r'AdamW\.max_norm is 0'),
    (optimizers.Adafactor, {'max_norm': -1.0}, r'Adafactor\.max_norm is -1'),
    (optimizers.Adafactor, {'decay_rate': 0.0}, r'Adafactor\.decay_rate is 0'),
  ],
)
def test_settings_that_make_no_sense_are_refused(make, fields, message):
  with pytest.raises(ValueError, match=message):
    make(**fields)


def test_a_warmup_longer_than_the_phase_is_said(caplog):
  with caplog.at_level('WARNING', logger='distill_jax'):
    optimizers.Linear(peak=0.5, warmup=4).build(4)
    assert not caplog.messages
    optimizers.Fixed(rate=0.5, warmup=5).build(4)
  (said,) = caplog.messages
  assert said == (
    'The warm-up of 5 updates is longer than its phase of 4: the learning rate '
    'never reaches 0.5.'
  )
