"""How an endpoint goes wrong: name -> an answer that is no use."""

import asyncio
import email.utils
import json
import time
from typing import Any

from aiohttp import web


def error(
  status: int, said: str, code: str | None = None, param: str | None = None
) -> web.Response:
  """An error in OpenAI's form."""
  return web.json_response(_error(said, code, param), status=status)


def _error(said, code=None, param=None) -> dict[str, Any]:
  kind = 'invalid_request_error' if code else 'server_error'
  said = {'message': said, 'type': kind, 'param': param, 'code': code}
  return {'error': said}


async def _too_many(request, options, body) -> web.Response:
  """429 with the seconds to wait."""
  answer = error(429, 'Rate limit reached.', 'rate_limit_exceeded')
  answer.headers['Retry-After'] = f'{options.retry_after:g}'
  return answer


async def _too_many_until(request, options, body) -> web.Response:
  """429 with the time to come again."""
  answer = error(429, 'Rate limit reached.', 'rate_limit_exceeded')
  until = email.utils.formatdate(time.time() + options.retry_after, usegmt=True)
  answer.headers['Retry-After'] = until
  return answer


async def _too_many_bare(request, options, body) -> web.Response:
  return error(429, 'Rate limit reached.', 'rate_limit_exceeded')


async def _no_credit(request, options, body) -> web.Response:
  return error(429, 'You exceeded your current quota.', 'insufficient_quota')


def _status(status: int):
  async def answer(request, options, body) -> web.Response:
    return error(status, f'Something went wrong ({_sent(request, options)}).')

  return answer


def _sent(request, options) -> str:
  """What the client sent; some servers repeat it."""
  return '.' * options.padding + request.headers.get('Authorization', '')


async def _hang(request, options, body) -> web.Response:
  """Nothing, for as long as the client waits."""
  while request.transport is not None and not request.transport.is_closing():
    await asyncio.sleep(0.05)
  return web.Response()


async def _cut_body(request, options, body) -> web.StreamResponse:
  """Less than the header promised."""
  answer = await _begun(request, body)
  request.transport.close()
  return answer


async def _stall(request, options, body) -> web.StreamResponse:
  """Less than the header promised, and then nothing for as long as it takes."""
  answer = await _begun(request, body)
  await _hang(request, options, body)
  return answer


async def _begun(request, body) -> web.StreamResponse:
  text = json.dumps(body).encode()
  answer = web.StreamResponse(headers={'Content-Type': 'application/json'})
  answer.content_length = len(text)
  await answer.prepare(request)
  await answer.write(text[: len(text) // 2])
  return answer


async def _cut(request, options, body) -> web.Response:
  """Not a byte."""
  request.transport.close()
  return web.Response()


async def _malformed(request, options, body) -> web.Response:
  text = json.dumps(body)[:-20]
  return web.Response(text=text, content_type='application/json')


async def _no_choices(request, options, body) -> web.Response:
  return web.json_response({**body, 'choices': []})


async def _no_message(request, options, body) -> web.Response:
  choices = [{'index': 0, 'finish_reason': 'stop'}]
  return web.json_response({**body, 'choices': choices})


async def _page(request, options, body) -> web.Response:
  """A proxy's page."""
  text = '<html><body>One moment, please.</body></html>'
  return web.Response(text=text, content_type='text/html')


async def _error_as_success(request, options, body) -> web.Response:
  return web.json_response(_error(f'Overloaded ({_sent(request, options)}).'))


FAULTS = {
  '429': _too_many,
  '429 date': _too_many_until,
  '429 bare': _too_many_bare,
  '408': _status(408),
  '409': _status(409),
  '500': _status(500),
  '502': _status(502),
  '503': _status(503),
  'hang': _hang,
  'stall': _stall,
  'cut body': _cut_body,
  'cut': _cut,
  'malformed': _malformed,
  'no choices': _no_choices,
  'no message': _no_message,
  'page': _page,
  'error as success': _error_as_success,
  'no credit': _no_credit,
  'length': None,  # a good answer, cut by the limit
}
