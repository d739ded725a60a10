"""What leaves for an endpoint, and what is made of what comes back."""

import asyncio

import pytest

from distill_jax.teachers import endpoint, faults, secret
from tests.teachers import fake, server

_KEY = secret.Key(variable='TEST_ENDPOINT_KEY')


def _endpoint(served, **more):
  given = {'model': 'm', 'url': served.url, 'key': _KEY, 'timeout': 5.0}
  return endpoint.Endpoint(**{**given, **more})


def _write(who, *requests):
  async def write():
    async with who.session() as session:
      return [await session.write(request) for request in requests]

  return asyncio.run(write())


def test_several_samples_by_one_request():
  requests = fake.requests(['a', 'b'], samples=4)
  with server.serve() as served:
    found = _write(_endpoint(served), *requests)
    count = served.count()
  assert [len(replies) for replies in found] == [4, 4]
  assert len({reply.text for replies in found for reply in replies}) == 8
  keys = [request.keys('m')[0] for request in requests]
  assert count['by_key'] == dict.fromkeys(keys, 1)
  assert count['requests'] == 2
  billed = count['prompt_tokens'] + count['completion_tokens']
  counted = (
    reply.prompt_tokens + reply.completion_tokens
    for replies in found
    for reply in replies
  )
  assert sum(counted) == billed


@pytest.mark.parametrize('n', ['ignored', 'refused'])
def test_an_endpoint_that_gives_one_is_asked_for_one(n):
  requests = fake.requests(['a', 'b', 'c'], samples=4)
  with server.serve(n=n) as served:
    found = _write(_endpoint(served), *requests)
    count = served.count()
  assert [len(replies) for replies in found] == [1, 1, 1]
  # A refused request for four is made again for one.
  assert count['requests'] == (6 if n == 'refused' else 3)


def test_an_endpoint_is_believed_after_three_short_replies(caplog):
  requests = fake.requests('abcdef', samples=4)
  with server.serve(n='refused') as served:
    _write(_endpoint(served), *requests)
    count = served.count()
  assert count['requests'] == 3 * 2 + 3
  assert 'gives fewer samples' in caplog.text


def test_a_prompt_too_long_does_not_tell_of_n():
  long, short = fake.requests(['long ' * 2000, 'short'], samples=3)
  with server.serve(context=500) as served:
    who = _endpoint(served)

    async def write():
      async with who.session() as session:
        with pytest.raises(faults.Refused, match=r'status 400.*context'):
          await session.write(long)
        return await session.write(short)

    assert len(asyncio.run(write())) == 3


def test_a_key_that_is_a_word_changes_no_sample(monkeypatch):
  monkeypatch.setenv('TEST_ENDPOINT_KEY', 'Explanation')
  with server.serve() as served:
    ((reply,),) = _write(_endpoint(served), *fake.requests(['a']))
  assert reply.text.startswith('<Explanation>:')


def test_a_wrong_key_is_told_without_it(monkeypatch):
  monkeypatch.setenv('TEST_ENDPOINT_KEY', 'sk-wrong-1234')
  with server.serve(key='sk-right') as served:
    with pytest.raises(faults.Unusable, match=r'401.*check the key') as caught:
      _write(_endpoint(served), *fake.requests(['a']))
  assert 'sk-wrong' not in str(caught.value)


def test_without_a_key_none_is_sent(monkeypatch):
  monkeypatch.delenv('TEST_ENDPOINT_KEY', raising=False)
  monkeypatch.setenv('OPENAI_API_KEY', 'sk-of-another-place')
  with server.serve(key='sk-of-another-place') as served:
    with pytest.raises(faults.Unusable, match='401'):
      _write(_endpoint(served), *fake.requests(['a']))


def test_nobody_there():
  who = endpoint.Endpoint(model='m', url='http://127.0.0.1:9/v1', key=_KEY)
  with pytest.raises(
    faults.Passing, match=r'127\.0\.0\.1:9 cannot be reached'
  ) as caught:
    _write(who, *fake.requests(['a']))
  assert not caught.value.lost


@pytest.mark.parametrize(
  ('wrong', 'said'),
  [
    ({'url': 'localhost:8000/v1'}, r'Endpoint\.url'),
    ({'url': 'ftp://host/v1'}, r'Endpoint\.url'),
    ({'url': 'https://me:sk-1@host/v1'}, 'a name, a password or a query'),
    ({'url': 'https://host/v1?key=sk-1'}, 'a name, a password or a query'),
    ({'model': ' '}, 'model is empty'),
    ({'timeout': 0.0}, 'timeout is 0'),
  ],
)
def test_what_cannot_be_an_endpoint(wrong, said):
  with pytest.raises(ValueError, match=said) as caught:
    endpoint.Endpoint(**{'model': 'm', **wrong})
  assert 'sk-1' not in str(caught.value)


def test_a_key_is_wanted_everywhere_but_here(monkeypatch):
  monkeypatch.delenv('TEST_ENDPOINT_KEY', raising=False)
  there = endpoint.Endpoint(model='m', key=_KEY)
  with pytest.raises(ValueError, match=r'needs a key.*TEST_ENDPOINT_KEY'):
    there.check()
  endpoint.Endpoint(model='m', url='http://localhost:1/v1', key=_KEY).check()
  free = endpoint.Endpoint(
    model='m', url='http://lab:1/v1', key=secret.Key(variable=None)
  )
  free.check()
