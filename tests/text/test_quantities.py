"""Numbers and expressions in sentences."""

import time

import pytest

from distill_jax.text import quantities


@pytest.mark.parametrize(
  ('text', 'expected'),
  [
    ('51', '51'),
    ('$51', '51'),
    ('51 dollars.', '51'),
    ('$1,200 each', '1200'),
    ('about 12.50', '12.50'),
    ('-9', '- 9'),
    ('it is -9', '- 9'),
    ('it is - 9', '- 9'),
    ('-$9', '- 9'),
    ('$-9', '- 9'),
    ('\u22129', '- 9'),
    ('7 - 5', '5'),
    ('7 -5', '5'),
    ('(2 + 7) - 5', '5'),
    ('the T-9', '9'),
    ('76 - 25 = 51', '51'),
    ('5 - 9 = -4', '- 4'),
    ('2 crackers and 3 cakes', '3'),
    ('.5 litres', '.5'),
    ('some', None),
    ('', None),
    ('1.2.3', None),
  ],
)
def test_last_number(text, expected):
  assert quantities.last_number(text) == expected


@pytest.mark.parametrize(
  ('text', 'expected'),
  [
    ('(84 / 2)', '( 84 / 2 )'),
    ('It is (84 / 2) points.', '( 84 / 2 )'),
    ('(3 + 4) and (8 / 2)', '( 8 / 2 )'),
    ('((29/2) and (30/2))', '( 30 / 2 )'),
    ('(some - 8)', None),
    ('(2 * x)', None),
    ('(7x = 14)', None),
    ('(175, 5)', None),
    ('((491 - 21', None),
    ('28 * 3', '28 * 3'),
    ('84 / 2 rolls', '84 / 2'),
    ('It is $84 / 2 each', '84 / 2'),
    ('84 / 2 = 42 rolls', '42'),
    ('it is -$5', '- 5'),
    ('2 crackers and 3 cakes', '3'),
    ('some bags', None),
  ],
)
def test_last_expression(text, expected):
  assert quantities.last_expression(text) == expected


@pytest.mark.parametrize(
  ('text', 'expected'),
  [
    ('Tom has 7 pens and loses 3, so we subtract: 7 - 3.', '7 - 3'),
    ('First we divide, then: ( 84 / 12 ) - 3.', '( 84 / 12 ) - 3'),
    ('That leaves 7 - 3 = 4 pens.', '4'),
    ('5 * (2 + 1) (see above)', '5 * ( 2 + 1 )'),
    ('There are 5 - 3 pens. 2 boys left in 1999.', '5 - 3'),
    ("So 7 - 3 = $4 by 2 o'clock.", '4'),
    ('So 7 - 3 = -4 in all 3 cases.', '- 4'),
    ('After that 4 pens are left.', '4'),
    ('It costs $1,200 + $80.', '1200 + 80'),
    ('7 - - pens', '7'),
    ('no numbers (at all)', None),
  ],
)
def test_last_computation(text, expected):
  assert quantities.last_computation(text) == expected


@pytest.mark.parametrize('piece', ['1.', '1,', '(', '$ ', '- ', ' and ', '1 '])
def test_long_noise_takes_no_time(piece):
  start = time.monotonic()
  quantities.last_expression(piece * 20_000)
  quantities.last_computation(piece * 20_000)
  assert time.monotonic() - start < 1.0


def test_computations_from_the_last_to_the_first():
  found = list(quantities.computations('7 + 2 = 9, and (9 * 3) = 27 pens.'))
  assert found == ['27', '( 9 * 3 )', '9', '7 + 2']
