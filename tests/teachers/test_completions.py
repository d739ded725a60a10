"""Bodies as endpoints send them, good and bad."""

import json

import pytest

from distill_jax.teachers import completions, faults
from tests.teachers import fake

(_REQUEST,) = fake.requests(['How many pens?'], samples=4)
_JSON = 'application/json; charset=utf-8'


def _body(*choices, usage=(7, 30), **more):
  said = {'choices': list(choices), **more}
  if usage:
    said['usage'] = dict(zip(('prompt_tokens', 'completion_tokens'), usage))
  return json.dumps(said).encode()


def _choice(content, finish='stop', **more):
  message = {'role': 'assistant', 'content': content, **more}
  return {'index': 0, 'message': message, 'finish_reason': finish}


def _read(body, kind=_JSON):
  return completions.read(body, kind, _REQUEST)


def test_several_samples_share_what_they_cost():
  found = _read(_body(_choice('nine char'), _choice('19 characters long.')))
  assert [one.text for one in found] == ['nine char', '19 characters long.']
  assert [one.prompt_tokens for one in found] == [7, 0]
  # 30 tokens for 10 and 20 characters, their ends included.
  assert [one.completion_tokens for one in found] == [10, 20]
  assert not any(one.estimated for one in found)


def test_uncounted_tokens_are_estimated():
  (found,) = _read(_body(_choice('A pen costs 3 dollars.'), usage=None))
  assert found.estimated
  assert 5 <= found.completion_tokens <= 9
  assert found.prompt_tokens >= 4


def test_why_a_sample_ended_is_kept():
  found = _read(
    _body(
      _choice('Half a sen', 'length'),
      _choice(None, 'content_filter'),
      _choice(None, 'stop', refusal='I cannot.'),
      _choice('', None),
    )
  )
  assert [(one.text, one.finish) for one in found] == [
    ('Half a sen', 'length'),
    ('', 'content_filter'),
    ('', 'refusal'),
    ('', 'stop'),
  ]


def test_choices_beyond_the_wanted_ones_are_paid_but_not_kept():
  found = _read(_body(*[_choice('nine char')] * 6, usage=(7, 60)))
  assert [one.completion_tokens for one in found] == [15] * 4


def test_choices_are_taken_by_their_numbers():
  late, early = _choice('late'), _choice('early')
  late['index'], early['index'] = 1, 0
  assert [one.text for one in _read(_body(late, early))] == ['early', 'late']


def test_text_in_parts_is_joined():
  parts = [
    {'type': 'text', 'text': 'Two '},
    {'type': 'image_url', 'image_url': 'x'},
    {'type': 'text', 'text': 'pens.'},
  ]
  (found,) = _read(_body(_choice(parts)))
  assert found.text == 'Two pens.'


def test_half_a_character_is_replaced():
  (found,) = _read(_body(_choice('Fine \ud83d')))
  assert found.text == 'Fine \ufffd'
  (found,) = _read(_body(_choice('Fine \ud83d\ude00')))
  assert found.text == 'Fine 😀'


def test_json_by_another_name_is_json():
  (found,) = _read(_body(_choice('A pen.')), 'text/plain')
  assert found.text == 'A pen.'


def test_nonsense_shows_nothing_that_is_hidden():
  hidden = lambda content: content.replace(b'sk-1', b'<key>')
  with pytest.raises(faults.Passing) as caught:
    completions.read(b'x' * 78 + b'sk-1', None, _REQUEST, hidden)
  assert 'sk' not in str(caught.value)
  (found,) = completions.read(
    _body(_choice('The sk-1 ski.')), _JSON, _REQUEST, hidden
  )
  assert found.text == 'The sk-1 ski.'


@pytest.mark.parametrize(
  ('body', 'kind', 'said'),
  [
    (b'<html>wait</html>', 'text/html', 'text/html, no JSON .*wait'),
    (b'{"choices": [', _JSON, 'no JSON'),
    (b'\xff\xfe', _JSON, 'no JSON'),
    (b'[]', _JSON, 'no JSON object'),
    (b'{}', _JSON, 'no choices'),
    (b'{"error": {"message": "busy"}}', _JSON, 'busy'),
    (_body(), _JSON, 'no choice'),
    (_body({'index': 0}), _JSON, 'without a message'),
    (_body('text'), _JSON, 'without a message'),
    (_body(_choice(['a', 'b'])), _JSON, 'without a message'),
  ],
)
def test_nonsense_may_pass(body, kind, said):
  with pytest.raises(faults.Passing, match=said) as caught:
    _read(body, kind)
  assert caught.value.lost
