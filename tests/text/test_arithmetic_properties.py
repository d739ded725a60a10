"""Random expressions against their own construction, and random noise."""

import math
import random

import pytest

from distill_jax.text import arithmetic

_ALPHABET = '0123456789.,+-*/()$ x='


def _expression(rng: random.Random, depth: int) -> tuple[str, float]:
  """A text and the value that building it gave."""
  if depth == 0 or rng.random() < 0.2:
    number = round(rng.uniform(0, 99), rng.choice([0, 1, 2]))
    return str(number), number
  left, a = _expression(rng, depth - 1)
  right, b = _expression(rng, depth - 1)
  sign = rng.choice('+-*/')
  if sign == '/' and abs(b) < 1e-3:
    sign = '+'
  result = {
    '+': lambda: a + b,
    '-': lambda: a - b,
    '*': lambda: a * b,
    '/': lambda: a / b,
  }[sign]()
  return f'({left}{sign}{right})', result


@pytest.mark.parametrize('seed', range(200))
def test_value_equals_the_construction(seed):
  text, expected = _expression(random.Random(seed), depth=5)
  assert math.isclose(arithmetic.value(text), expected, rel_tol=1e-12)
  assert arithmetic.value(arithmetic.canonical(text)) == arithmetic.value(text)


@pytest.mark.parametrize('seed', range(20))
def test_noise_is_a_number_or_a_value_error(seed):
  rng = random.Random(seed)
  for _ in range(200):
    text = ''.join(rng.choices(_ALPHABET, k=rng.randrange(30)))
    try:
      assert math.isfinite(arithmetic.value(text))
    except ValueError:
      continue
