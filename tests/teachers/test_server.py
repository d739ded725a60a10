"""The test server does what it says, seen by a client that is not ours."""

import asyncio

import aiohttp
import openai
import pytest

from tests.teachers import server, server_faults

_ASKED = {
  'model': 'any',
  'messages': [{'role': 'user', 'content': 'How many?'}],
}


def _client(endpoint, **more):
  return openai.OpenAI(
    base_url=endpoint.url, api_key='right', max_retries=0, timeout=1, **more
  )


def test_answers_belong_to_keys():
  with server.serve() as endpoint:
    ask = _client(endpoint).chat.completions.create
    replies = [
      ask(**_ASKED, n=2, extra_headers={'Idempotency-Key': key})
      for key in ('a', 'a', 'b')
    ]
    texts = [[c.message.content for c in reply.choices] for reply in replies]
    assert texts[0] == texts[1] != texts[2]
    assert len({*texts[0], *texts[2]}) == 4
    count = endpoint.count()
  assert count['by_key'] == {'a': 2, 'b': 1}
  assert (count['accepted'], count['samples']) == (3, 6)
  usage = [reply.usage for reply in replies]
  assert count['prompt_tokens'] == sum(u.prompt_tokens for u in usage)
  assert count['completion_tokens'] == sum(u.completion_tokens for u in usage)


def test_it_refuses_what_it_must():
  with server.serve(key='other', model='m') as endpoint:
    with pytest.raises(openai.AuthenticationError, match='right'):
      _client(endpoint).models.list()
  with server.serve(model='m', n='refused', context=50) as endpoint:
    ask = _client(endpoint).chat.completions.create
    with pytest.raises(openai.NotFoundError):
      ask(**_ASKED)
    with pytest.raises(openai.BadRequestError, match='n must be 1'):
      ask(**{**_ASKED, 'model': 'm'}, n=2)
    long = [{'role': 'user', 'content': 'word ' * 100}]
    with pytest.raises(openai.BadRequestError) as caught:
      ask(model='m', messages=long)
    assert caught.value.code == 'context_length_exceeded'


async def _seen(endpoint):
  """How one request went: the status and the body, or the exception."""
  timeout = aiohttp.ClientTimeout(total=1)
  async with aiohttp.ClientSession(timeout=timeout) as session:
    address = endpoint.url + '/chat/completions'
    try:
      async with session.post(address, json=_ASKED) as answer:
        return answer.status, dict(answer.headers), await answer.text()
    except (aiohttp.ClientError, TimeoutError) as error:
      return type(error).__name__, {}, ''


def test_every_fault_is_one():
  seen = {}
  with server.serve(script=tuple(server_faults.FAULTS)) as endpoint:
    for fault in server_faults.FAULTS:
      seen[fault] = asyncio.run(_seen(endpoint))
    count = endpoint.count()
  expected = {
    '429': 429,
    '429 date': 429,
    '429 bare': 429,
    'no credit': 429,
    '408': 408,
    '409': 409,
    '500': 500,
    '502': 502,
    '503': 503,
    'hang': 'TimeoutError',
    'stall': 'TimeoutError',
    'cut body': 'ClientPayloadError',
    'cut': 'ServerDisconnectedError',
  }
  for fault, (status, _, _) in seen.items():
    assert status == expected.get(fault, 200), fault
  assert seen['429'][1]['Retry-After'] == '1'
  assert 'GMT' in seen['429 date'][1]['Retry-After']
  assert 'Retry-After' not in seen['429 bare'][1]
  assert seen['page'][1]['Content-Type'].startswith('text/html')
  assert '"finish_reason": "length"' in seen['length'][2]
  assert count['accepted'] == 1  # the one cut by length
  assert count['requests'] == len(seen)
