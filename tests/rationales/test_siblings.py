"""Questions that nearly repeat another one."""

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
