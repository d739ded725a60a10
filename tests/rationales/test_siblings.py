"""Questions that nearly repeat another one."""

import random

import pytest

from distill_jax.rationales import siblings


def test_numbers_do_not_count():
  known = ['Tom has 5 pens and 3 books. How many pens has Tom?']
  asked = [
    'Tom has 70 pens and 1 books. How many pens has Tom?',
    'Ann drove to the sea. How far is it?',
  ]
  assert siblings.without_sibling(asked, known) == (1,)


def test_the_share_must_exceed_the_threshold():
  # 4 of 5 words are shared.
  assert siblings.without_sibling(['a b c d e'], ['a b c d']) == (0,)
  assert siblings.without_sibling(['a b c d e'], ['a b c d'], 0.79) == ()


def test_without_references_nobody_has_one():
  assert siblings.without_sibling(['a', 'b'], []) == (0, 1)


@pytest.mark.parametrize('threshold', [0.0, 0.25, 0.5, 0.8, 1.0])
def test_as_by_a_loop_over_all_pairs(threshold):
  rng = random.Random(0)
  text = lambda: ' '.join(rng.choices('abcdefgh', k=rng.randrange(10)))
  asked, known = [text() for _ in range(99)], [text() for _ in range(9)]

  def index(one, other):
    one, other = set(one.split()), set(other.split())
    return len(one & other) / max(len(one | other), 1)

  expected = tuple(
    number
    for number, one in enumerate(asked)
    if all(index(one, other) <= threshold for other in known)
  )
  assert siblings.without_sibling(asked, known, threshold) == expected
  assert len(asked) > len(expected) > 0 or threshold == 1
