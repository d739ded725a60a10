"""Which student writes for which period."""

import pytest

from distill_jax.training import negatives as negatives_lib


def _schedule(steps, **settings):
  """Returns {period: step before which it is written}."""
  settings = negatives_lib.Negatives(**settings)
  written = {}
  for step in range(steps + 1):
    for period in settings.periods_to_write(step, steps):
      assert period not in written
      written[period] = step
  return written


def test_the_student_of_lag_periods_ago_writes():
  # After period i for period i + lag; none beyond the end.
  assert _schedule(45, period=10, lag=2) == {2: 10, 3: 20, 4: 30}


def test_lag_0_writes_for_the_period_that_begins():
  assert _schedule(30, period=10, lag=0) == {0: 0, 1: 10, 2: 20}


def test_the_initial_student_may_write_for_the_first_periods():
  assert _schedule(40, period=10, lag=2, from_initial=True) == {
    0: 0,
    1: 0,
    2: 10,
    3: 20,
  }


@pytest.mark.parametrize(
  'setting', [{'period': 0}, {'lag': -1}, {'num': 0}, {'max_tokens': 0}]
)
def test_settings_are_checked(setting):
  with pytest.raises(ValueError, match=f'Negatives.{next(iter(setting))} is'):
    negatives_lib.Negatives(**setting)
