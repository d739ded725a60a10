import dataclasses
import hashlib
import json

import pytest

from distill_jax.teachers import request as request_lib


def _request(**more):
  given = {
    'name': 'a',
    'messages': (request_lib.Message(role='user', content='Why?'),),
    'settings': request_lib.Settings(temperature=0.7, max_tokens=9),
    'samples': (0, 3),
  }
  return request_lib.Request(**{**given, **more})


def test_keys_are_a_hash_of_all_that_determines_a_sample():
  said = (
    '{"messages":[["user","Why?"]],"model":"m","settings":{"max_tokens":9,'
    '"more":{},"stop":[],"temperature":0.7,"top_p":null}}'
  )
  expected = [
    hashlib.sha256(f'{said}#{n}'.encode()).hexdigest()[:32] for n in (0, 3)
  ]
  assert _request().keys('m') == expected
  assert json.loads(said)


def test_everything_but_the_name_makes_another_key():
  keys = _request().keys('m')
  assert _request(name='b').keys('m') == keys
  assert not {*_request().keys('n')} & {*keys}
  for settings in (
    {'temperature': 0.8},
    {'temperature': None},
    {'top_p': 0.9},
    {'max_tokens': 10},
    {'stop': ('Q:',)},
    {'more': {'reasoning_effort': 'low'}},
  ):
    changed = dataclasses.replace(_request().settings, **settings)
    assert not {*_request(settings=changed).keys('m')} & {*keys}
  system = request_lib.Message(role='system', content='Why?')
  assert not {*_request(messages=(system,)).keys('m')} & {*keys}


def test_messages_do_not_run_together():
  one = request_lib.Message(role='user', content='ab')
  two = (
    request_lib.Message(role='user', content='a'),
    request_lib.Message(role='user', content='b'),
  )
  assert _request(messages=(one,)).keys('m') != _request(messages=two).keys('m')


def test_whole_numbers_are_the_same_setting():
  one = _request(settings=request_lib.Settings(temperature=1, top_p=1))
  other = _request(settings=request_lib.Settings(temperature=1.0, top_p=1.0))
  assert one.keys('m') == other.keys('m')


@pytest.mark.parametrize('name', ['model', 'n', 'stream', 'max_tokens'])
def test_more_fields_are_other_fields(name):
  with pytest.raises(ValueError, match=rf"Settings\.more has '{name}'"):
    request_lib.Settings(more={name: 1})


def test_half_a_character_is_told_before_it_is_sent():
  half = request_lib.Message(role='user', content='What is \ud83d?')
  with pytest.raises(ValueError, match=r"a: half a character.*'What is '"):
    _request(messages=(half,))


@pytest.mark.parametrize(
  'wrong',
  [
    {'temperature': -0.1},
    {'temperature': 3.0},
    {'top_p': 0.0},
    {'max_tokens': 0},
  ],
)
def test_settings_out_of_range_are_refused(wrong):
  (name,) = wrong
  with pytest.raises(ValueError, match=rf'Settings\.{name} is .*expected'):
    request_lib.Settings(**wrong)
