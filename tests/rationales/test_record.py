"""Records to JSON and back, and what wrong ones say."""

import json

import pytest

from distill_jax.rationales import record

_FULL = {
  'example_id': 'shop/1',
  'question': 'How many?',
  'label': '( 2 * 3 )',
  'choices': ['one', 'two'],
  'passages': [{'id': 'p1', 'text': 'Ice floats.', 'score': 7.5, 'k': 1}],
  'rationales': [
    {
      'text': 'It is 6.',
      'answer': '6',
      'source': 'teacher',
      'temperature': 0.7,
      'sample': 0,
      'passages': [{'id': 'p2', 'text': 'Water.', 'score': None}],
      'quality': {'kind': 'slip'},
    }
  ],
  'split': 'train',
}


def test_round_trip_keeps_unknown_keys():
  built = record.from_json(json.loads(json.dumps(_FULL)))
  assert record.to_json(built) == _FULL
  assert built.extra == {'split': 'train'}
  assert built.rationales[0].extra == {'quality': {'kind': 'slip'}}
  assert built.rationales[0].passages[0].id == 'p2'
  assert built.passages[0].extra == {'k': 1}
  assert built.choices == ('one', 'two')


def test_a_question_is_enough():
  built = record.from_json({'question': 'Why?'}, example_id='train/1')
  assert built == record.Record(example_id='train/1', question='Why?')
  assert record.from_json(record.to_json(built)) == built


def test_null_is_missing():
  nothing = dict.fromkeys(('label', 'choices', 'passages', 'rationales'))
  built = record.from_json({'question': 'Why?', **nothing})
  assert built == record.Record(example_id='', question='Why?')


@pytest.mark.parametrize(
  ('data', 'sentence'),
  [
    ([1], r'record: got list \[1\], expected a JSON object such as {"quest'),
    (None, r'record: got null, expected a JSON object'),
    ({}, r"record: no 'question', expected text as in {"),
    ({'question': ' '}, r"record: an empty 'question', expected text"),
    ({'question': 7}, r"record: 'question' is int 7, expected text in quotes"),
    ({'question': 'q', 'label': 3.0}, r"record: 'label' is float 3.0, expec"),
    ({'question': 'q', 'example_id': 3}, r"'example_id' is int 3, expected"),
    ({'question': 'q', 'choices': 'ab'}, r"'choices' is str 'ab', expected a"),
    ({'question': 'q', 'choices': ['a', 2]}, r'choices\[1\]: got int 2, exp'),
    ({'question': 'q', 'rationales': {}}, r"'rationales' is dict {}, expect"),
    (
      {'question': 'q', 'rationales': [{'text': 'a'}, {'answer': '3'}]},
      r"rationales\[1\]: rationale: no 'text', expected text as in {\"text\"",
    ),
    (
      {'question': 'q', 'rationales': [{'text': ''}]},
      r"rationales\[0\]: rationale: an empty 'text'",
    ),
    (
      {'question': 'q', 'rationales': ['six']},
      r"rationales\[0\]: rationale: got str 'six', expected a JSON object",
    ),
    (
      {'question': 'q', 'rationales': [{'text': 'a', 'answer': 6}]},
      r"rationale: 'answer' is int 6, expected text in quotes",
    ),
    (
      {'question': 'q', 'rationales': [{'text': 'a', 'temperature': 'hot'}]},
      r"'temperature' is str 'hot', expected a number",
    ),
    (
      {'question': 'q', 'rationales': [{'text': 'a', 'sample': 0.5}]},
      r"'sample' is float 0.5, expected a whole number",
    ),
    (
      {'question': 'q', 'rationales': [{'text': 'a', 'sample': True}]},
      r"'sample' is bool True, expected a whole number",
    ),
    (
      {'question': 'q', 'passages': [{'text': 'a'}]},
      r"passages\[0\]: passage: no 'id', expected text as in {\"id\"",
    ),
    (
      {'question': 'q', 'passages': [{'id': 'p', 'text': 't', 'score': 'x'}]},
      r"passages\[0\]: passage: 'score' is str 'x', expected a number",
    ),
    (
      {
        'question': 'q',
        'passages': [{'id': 'p', 'text': 't', 'score': float('nan')}],
      },
      r"'score' is nan, expected a finite number",
    ),
  ],
)
def test_errors_name_what_got_and_expected(data, sentence):
  with pytest.raises(ValueError, match=sentence):
    record.from_json(data)
