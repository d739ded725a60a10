"""Values of expressions, and what hostile ones may not do."""

import pytest

from distill_jax.text import arithmetic


@pytest.mark.parametrize(
  ('expression', 'expected'),
  [
    ('( 84.0 / 2.0 )', 42.0),
    ('84/2', 42.0),
    ('((14 - 2) - 10)', 2.0),
    ('2 + 3 * 4', 14.0),
    ('(2 + 3) * 4', 20.0),
    ('10 - 4 - 3', 3.0),
    ('16 / 4 / 2', 2.0),
    ('-9', -9.0),
    ('--9', 9.0),
    ('3 * -2', -6.0),
    ('-(2 + 3)', -5.0),
    ('-$9', -9.0),
    ('$1,200 - 3*(2+1)', 1191.0),
    ('1,234,567.5', 1234567.5),
    ('.5 + 5.', 5.5),
    ('6 \u00d7 7', 42.0),
    ('84 \u00f7 2 \u2212 1', 41.0),
  ],
)
def test_value(expression, expected):
  assert arithmetic.value(expression) == expected


@pytest.mark.parametrize(
  'expression',
  [
    '',
    ' ',
    '(',
    ')',
    '( 84 / 2',
    '84 / 2 )',
    '84 /',
    '/ 2',
    '+ 3',
    '12 34',
    '2(3)',
    '(2)(3)',
    '()',
    '1.2.3',
    '1,23',
    '1234,567',
    '1e5',
    '2 ** 3',
    '7 // 2',
    '2x + 1',
    'x',
    '7 = 7',
    '10 / 0',
    '10 / (3 - 3)',
    '__import__("os")',
    '9' * 400,
    '9' * 300 + '*' + '9' * 300,
  ],
)
def test_no_value(expression):
  with pytest.raises(ValueError):
    arithmetic.value(expression)


def test_nesting_is_bounded():
  deep = arithmetic.MAX_DEPTH
  assert arithmetic.value('(' * deep + '1' + ')' * deep) == 1.0
  with pytest.raises(ValueError, match='nested deeper than 50'):
    arithmetic.value('(' * (deep + 1) + '1' + ')' * (deep + 1))


@pytest.mark.parametrize('piece', ['(', '-', '1,', '1.', '1+', '9', '$', ' '])
def test_length_is_bounded(piece):
  with pytest.raises(ValueError):
    arithmetic.value(piece * arithmetic.MAX_LENGTH + ')')


def test_long_sums_need_no_stack():
  assert arithmetic.value('1+' * 4_000 + '1') == 4_001.0
  assert arithmetic.value('-' * 8_000 + '1') == 1.0


def test_canonical():
  assert arithmetic.canonical('($84/2)') == '( 84 / 2 )'
  assert arithmetic.canonical(' 1,200 ') == '1200'
  assert arithmetic.canonical('( 84.0 / 2.0 )') == '( 84.0 / 2.0 )'


def test_errors_say_what_was_expected():
  with pytest.raises(ValueError, match='division by zero'):
    arithmetic.value('1/0')
  with pytest.raises(ValueError, match="'bags' is no arithmetic: expected"):
    arithmetic.value('4 + bags')
  with pytest.raises(ValueError, match="expected '\\)', got the end"):
    arithmetic.value('(4')
