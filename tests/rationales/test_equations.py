"""Equations behind numbers, by hand and on SVAMP's twelve completions."""

import pytest

from distill_jax.rationales import dss_svamp, equations, record
from distill_jax.text import labels, prompts
from tests import shared


@pytest.mark.parametrize(
  ('text', 'answer', 'expected'),
  [
    ('There are 7 + 2 = 9 pens. The answer is 9.', '9', '7 + 2'),
    ('7 + 2 = 9, then 9 * 3 = 27. The answer is 27.', '$27', '9 * 3'),
    ('53 / 4 = 13 cards.', '13', '13'),
    ('None.', '[invalid]', '[invalid]'),
    ('7 + 2.', None, None),
    ('(4 + 5), or 7 + 2. The answer is (4 + 5).', '(4 + 5)', '(4 + 5)'),
  ],
)
def test_the_equation_of_a_number(text, answer, expected):
  given = record.Rationale(text=text, answer=answer)
  assert equations.of(given).answer == expected


@pytest.fixture(scope='module')
def svamp():
  folder = str(shared.path('svamp'))
  return list(dss_svamp.SVAMP.read('train', folder))


def test_real_teacher_labels(svamp):
  """A tie, or a majority that wrote no equation, has none."""
  texts = [
    prompts.Prompts().texts(item, equations.ANSWERS, labels.Teacher())
    for item in svamp
  ]
  found = [text.label_target for text in texts]
  ties = sum(text.vote.tie for text in texts)
  assert (len(found) - found.count(None), ties) == (697, 12)
  right = [
    equations.ANSWERS.correct(label, item.label)
    for label, item in zip(found, svamp)
    if label
  ]
  assert sum(right) == 656
