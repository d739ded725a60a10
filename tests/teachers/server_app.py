"""What the test server answers."""

import asyncio
import collections
import importlib
import random
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.teachers import server_count, server_faults


def application(options) -> web.Application:
  """The server with its routes; `options` are `server.Options`."""
  answering = Answering(options)
  app = web.Application(client_max_size=1 << 24)
  app.router.add_post('/v1/chat/completions', answering.completions)
  app.router.add_get('/v1/models', answering.models)
  app.router.add_get('/count', answering.count)
  return app


class Answering:
  """The handlers and their state."""

  def __init__(self, options):
    self._options = options
    self._count = server_count.Count()
    self._reply = _named(options.reply)
    self._tokens = _named(options.tokenizer)()
    self._script = collections.deque(options.script)
    self._random = random.Random(options.seed)

  async def count(self, request: web.Request) -> web.Response:
    """What happened so far."""
    del request
    return web.json_response(vars(self._count))

  async def models(self, request: web.Request) -> web.Response:
    """The model, if it is the only one."""
    refused = self._unauthorized(request)
    name = self._options.model or 'any'
    data = [{'id': name, 'object': 'model', 'created': 0, 'owned_by': 'tests'}]
    return refused or web.json_response({'object': 'list', 'data': data})

  async def completions(self, request: web.Request) -> web.StreamResponse:
    """Samples, or what goes wrong."""
    count = self._count
    count.requests += 1
    count.in_flight += 1
    count.most_in_flight = max(count.most_in_flight, count.in_flight)
    try:
      return await self._complete(request)
    finally:
      count.in_flight -= 1

  async def _complete(self, request: web.Request) -> web.StreamResponse:
    asked = await request.json()
    await asyncio.sleep(self._options.latency)
    refused = self._unauthorized(request) or self._unfit(asked)
    if refused is not None:
      return refused
    fault = self._draw()
    body = self._body(request, asked, 'length' if fault == 'length' else 'stop')
    if fault:
      self._count.faults[fault] += 1
    if fault and fault != 'length':
      return await server_faults.FAULTS[fault](request, self._options, body)
    key = request.headers.get('Idempotency-Key', '')
    self._count.bill(key if self._options.keeps else None, body)
    if not self._options.usage:
      del body['usage']
    return web.json_response(body)

  def _draw(self) -> str:
    if self._script:
      return self._script.popleft()
    chances = dict(self._options.faults)
    none = 1 - sum(chances.values())
    (fault,) = self._random.choices(
      ['', *chances], weights=[none, *chances.values()]
    )
    return fault

  def _unauthorized(self, request: web.Request) -> web.Response | None:
    given = request.headers.get('Authorization', '').removeprefix('Bearer ')
    if self._options.key in (None, given):
      return None
    # Some servers repeat the key.
    return server_faults.error(
      401, f'Incorrect API key provided: {given}.', 'invalid_api_key'
    )

  def _unfit(self, asked: dict[str, Any]) -> web.Response | None:
    options = self._options
    if options.model not in (None, asked['model']):
      said = f'The model `{asked["model"]}` does not exist.'
      return server_faults.error(404, said, 'model_not_found')
    if asked.get('n', 1) > 1 and options.n == 'refused':
      said = 'Only one completion choice is supported, n must be 1.'
      return server_faults.error(400, said, 'unsupported_value', 'n')
    length = self._read(asked)
    if options.context is not None and length > options.context:
      said = (
        f"This model's maximum context length is {options.context} tokens, "
        f'your messages resulted in {length} tokens.'
      )
      return server_faults.error(
        400, said, 'context_length_exceeded', 'messages'
      )
    return None

  def _read(self, asked: dict[str, Any]) -> int:
    """Tokens of the prompt, with three for each turn, as chats have."""
    return sum(self._tokens(m['content']) + 3 for m in asked['messages'])

  def _body(
    self, request: web.Request, asked: dict[str, Any], finish: str
  ) -> dict[str, Any]:
    key = request.headers.get('Idempotency-Key', '')
    wanted = asked.get('n', 1) if self._options.n == 'honoured' else 1
    texts = [
      self._reply(asked['messages'], f'{key}/{i}' if i else key)
      for i in range(wanted)
    ]
    if finish == 'length':
      texts = [text[: len(text) // 2] for text in texts]
    prompt, written = self._read(asked), sum(map(self._tokens, texts))
    return {
      'id': f'chatcmpl-{self._count.requests}',
      'object': 'chat.completion',
      'created': int(time.time()),
      'model': asked['model'],
      'choices': [
        {
          'index': i,
          'message': {'role': 'assistant', 'content': text},
          'finish_reason': finish,
        }
        for i, text in enumerate(texts)
      ],
      'usage': {
        'prompt_tokens': prompt,
        'completion_tokens': written,
        'total_tokens': prompt + written,
      },
    }


def _named(name: str) -> Callable:
  module, _, function = name.partition(':')
  return getattr(importlib.import_module(module), function)
