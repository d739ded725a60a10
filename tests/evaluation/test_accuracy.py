import math

import pytest

from distill_jax.evaluation import accuracy
from distill_jax.text import answers


def test_equations_are_equal_by_value_and_unparsed_ones_are_wrong():
  found = accuracy.measure(
    ['( 84 / 2 )', '42', 'two', '( 1 + 1 )'],
    ['( 84.0 / 2.0 )', '( 84.0 / 2.0 )', '2', '( 1.0 + 2.0 )'],
    answers.Equation(),
  )
  assert found.accuracy == 0.5
  assert found.unparsed == 1
  assert found.num_examples == 4
  assert found.low < 0.5 < found.high


# The ends solve (p - x)^2 = z^2 x (1 - x) / n for x.
@pytest.mark.parametrize(('right', 'total'), [(0, 10), (3, 7), (10, 10)])
def test_wilson_interval_solves_its_equation(right, total):
  p, z = right / total, 1.959963984540054
  for end in accuracy.wilson(right, total):
    assert math.isclose(
      (p - end) ** 2, z**2 * end * (1 - end) / total, abs_tol=1e-12
    )


def test_wilson_interval_by_hand():
  # 8 of 10: centre (0.8 + 0.19207) / 1.38415, half-width 0.22636.
  low, high = accuracy.wilson(8, 10)
  assert low == pytest.approx(0.4902, abs=1e-4)
  assert high == pytest.approx(0.9433, abs=1e-4)


def test_lists_of_different_lengths_are_refused():
  with pytest.raises(ValueError, match='got 1 and 2'):
    accuracy.measure(['1'], ['1', '2'], answers.Number())
