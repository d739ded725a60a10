"""Bodies as endpoints send them, good and bad."""

import json

import pytest

from distill_jax.teachers import completions, faults
from tests.teachers import fake

(_REQUEST,) = fake.requests(['How many pens?'])
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
