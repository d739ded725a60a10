"""What rationales come to."""

import pytest

from distill_jax.evaluation import explanation
from distill_jax.text import answers

_EQUATION = answers.Equation()


@pytest.mark.parametrize(
  ('rationale', 'prediction', 'expected'),
  [
    ('Mia has 24 and 96 beads: 96 + 24.', '( 96 + 24 )', (True, True)),
    ('Mia has 24 and 96 beads: 96 + 24.', '( 96 - 24 )', (True, False)),
    ('Mia has 24 and 96 beads: 96 - 24.', '( 96 - 24 )', (False, True)),
    ('Mia has beads.', '( 96 + 24 )', (False, None)),
    ('So it is 96 + 24.', 'nonsense', (True, False)),
  ],
)
def test_a_rationale_comes_to_an_answer(rationale, prediction, expected):
  found = explanation.read(rationale, prediction, '( 24 + 96 )', _EQUATION)
  assert (found.right, found.agrees) == expected
  assert (found.implied is None) == (expected[1] is None)


def test_a_choice_is_stated():
  choice = answers.Choice().among(('by the river', 'in town'))
  text = 'Fish live in water. So the answer is (a).'
  found = explanation.read(text, 'by the river', 'by the river', choice)
  assert (found.right, found.agrees) == (True, True)
  found = explanation.read(text, 'in town', 'in town', choice)
  assert (found.right, found.agrees) == (False, False)
  found = explanation.read('Fish live in water.', 'in town', 'a', choice)
  assert (found.implied, found.agrees) == (None, None)


def test_shares_by_hand():
  make = lambda implied, right, agrees: explanation.Explanation(
    implied=implied, right=right, agrees=agrees
  )
  found = explanation.summary(
    [
      make('1', True, True),
      make('2', False, True),
      make('3', False, False),
      make(None, False, None),
    ]
  )
  assert found == {
    'implied': 0.75,
    'implied_accuracy': 0.25,
    'agreement': pytest.approx(2 / 3),
  }
  assert explanation.summary([]) == {}
  nothing = explanation.summary([make(None, False, None)])
  assert nothing == {'implied': 0.0, 'implied_accuracy': 0.0}


def test_rouge_l_by_hand():
  # Longest common subsequence 'the cat sat' of 4 and 5 words: P 3/4, R 3/5.
  found = explanation.rouge_l(
    ['the cat sat down', 'a b', ''], ['the big cat sat there', 'a b', 'a']
  )
  precision, recall = 3 / 4, 3 / 5
  f = 2 * precision * recall / (precision + recall)
  assert found == [pytest.approx(f), 1.0, 0.0]
