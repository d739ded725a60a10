"""Which unknown keys were probably meant to be known ones."""

import pytest

from distill_jax.rationales import misspelt, record


@pytest.mark.parametrize(
  ('fields', 'found'),
  [
    ({'rationals': []}, [('rationals', 'rationales')]),
    ({'Label': 'x', 'choice': []}, [('Label', 'label'), ('choice', 'choices')]),
    (
      {'rationales': [{'text': 'So.', 'answers': '3'}]},
      [('answers', 'answer')],
    ),
    ({'label': 'x', 'labels': ['x']}, []),
    ({'question_id': 7, 'difficulty': 'hard', 'split': 'train'}, []),
    ({'rationales': [{'text': 'So.', 'quality': 1, 'error': None}]}, []),
  ],
)
def test_keys(fields, found):
  read = record.from_json({'question': 'Why?', **fields})
  assert list(misspelt.keys(read)) == found
