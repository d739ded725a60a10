"""A teacher behind an endpoint that speaks OpenAI's protocol.

OpenAI, vLLM, llama.cpp, Ollama and `transformers serve` do.
"""

import asyncio
import contextlib
import dataclasses
import functools
import logging
import urllib.parse
from collections.abc import AsyncIterator
from typing import Any

from distill_jax.teachers import completions, faults, refusals, secret
from distill_jax.teachers import request as request_lib

_CONNECT = 10.0  # seconds
_UNREACHED = ('ConnectError', 'ConnectTimeout')  # of the HTTP library
_CONVINCED = 3  # short replies in a row
_LOCAL = ('localhost', '127.0.0.1', '::1')

_log = logging.getLogger('distill_jax.teachers')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Endpoint:
  """Chat completions of one model.

  Attributes:
    model: its name there.
    url: of the endpoint, up to and with its version: 'http://localhost:8000/v1'.
    key: where the key lies.
    several: whether to ask for several samples by one request, so that the
      prompt is paid once. An endpoint that refuses or gives fewer is found out.
    limit_name: what it calls the limit of a sample's tokens; the newer models
      of OpenAI want 'max_completion_tokens'.
    timeout: seconds that a reply may take as a whole.
  """

  model: str
  url: str = 'https://api.openai.com/v1'
  key: secret.Key = secret.Key()
  several: bool = True
  limit_name: str = 'max_tokens'
  timeout: float = 120.0

  def __post_init__(self):
    if not self.model.strip():
      raise ValueError('Endpoint.model is empty, expected the name of a model.')
    parts = urllib.parse.urlsplit(self.url)
    if parts.scheme not in ('http', 'https') or not parts.hostname:
      raise ValueError(
        f'Endpoint.url is {parts.hostname or self.url!r}, expected an address '
        "such as 'https://api.openai.com/v1'."
      )
    if parts.username or parts.password or parts.query:
      raise ValueError(
        'Endpoint.url has a name, a password or a query in it, expected an '
        f'address without; {self.key.mend}.'
      )
    if not 0 < self.timeout < float('inf'):
      raise ValueError(
        f'Endpoint.timeout is {self.timeout}, expected seconds, more than 0.'
      )

  @property
  def place(self) -> str:
    """Where it is, for people."""
    return urllib.parse.urlsplit(self.url).netloc

  @property
  def _local(self) -> bool:
    """Whether it is on this machine."""
    return urllib.parse.urlsplit(self.url).hostname in _LOCAL

  def check(self) -> None:
    """Raises a ValueError where a key is missing.

    An endpoint on this machine needs none.
    """
    wanted = self.key.variable is not None or self.key.file is not None
    if self.key.read() is None and wanted and not self._local:
      raise ValueError(
        f'{self.place} needs a key and there is none; {self.key.mend}, or '
        '--gin.KEY_VARIABLE=None for an endpoint without.'
      )

  @contextlib.asynccontextmanager
  async def session(self) -> AsyncIterator['_Session']:
    """As `Teacher.session`: connections that are kept open."""
    import openai  # half a second, which a dry run does not need

    key = self.key.read()
    if key and self.url.startswith('http:') and not self._local:
      _log.warning('the key travels to %s unencrypted; use https', self.place)
    async with openai.AsyncOpenAI(
      api_key=key or 'none',
      base_url=self.url,
      max_retries=0,  # whoever asks tries again, and knows what it costs
      timeout=openai.Timeout(self.timeout, connect=_CONNECT),
      http_client=openai.DefaultAioHttpClient(),
    ) as client:
      yield _Session(self, client, key)


class _Session:
  """An endpoint that is connected."""

  def __init__(self, endpoint: Endpoint, client: Any, key: str | None):
    self._endpoint = endpoint
    self._client = client
    self._key = key
    self._several = endpoint.several
    self._short = 0  # requests in a row that got fewer samples than asked for

  async def write(
    self, request: request_lib.Request
  ) -> list[request_lib.Reply]:
    """As `Session.write`."""
    wanted = len(request.samples) if self._several else 1
    try:
      replies = await self._ask(request, wanted)
    except faults.Refused:
      if wanted == 1:
        raise
      # Refused again, it was not the number.
      replies = await self._ask(request, 1)
    if wanted > 1:
      self._learn(len(replies) < wanted)
    return replies

  def _learn(self, short: bool) -> None:
    """Asks for one sample at a time where an endpoint gives no more."""
    self._short = self._short + 1 if short else 0
    if self._several and self._short >= _CONVINCED:
      self._several = False
      _log.warning(
        '%s gives fewer samples a request than it is asked for; from now on it '
        'is asked for one, and the prompt is paid for each',
        self._endpoint.place,
      )

  async def _ask(
    self, request: request_lib.Request, wanted: int
  ) -> list[request_lib.Reply]:
    """The replies to a request for the first so many of its samples."""
    import openai

    hidden = functools.partial(secret.hidden_bytes, key=self._key)
    part, name = request, request.keys(self._endpoint.model)[0]
    if wanted < len(request.samples):
      part = dataclasses.replace(request, samples=request.samples[:wanted])
      # After a refusal a request for more of them had that name already.
      name += '+1' * self._several
    try:
      async with asyncio.timeout(self._endpoint.timeout):
        raw = await self._client.chat.completions.with_raw_response.create(
          model=self._endpoint.model,
          messages=(),
          extra_headers=self._headers(name),
          # Not checked turn by turn, which takes longer than all the rest.
          extra_body=self._body(part),
        )
      kind = raw.headers.get('content-type')
      return completions.read(raw.http_response.content, kind, part, hidden)
    except openai.APIStatusError as error:
      content = hidden(error.response.content)
      fault = refusals.fault(error.status_code, error.response.headers, content)
    except (openai.APIConnectionError, TimeoutError) as error:
      fault = _lost(error, self._endpoint)
    except faults.Passing as error:
      fault = error
    raise self._said(fault) from None

  def _body(self, request: request_lib.Request) -> dict[str, Any]:
    settings, wanted = request.settings, len(request.samples)
    body = {
      'model': self._endpoint.model,
      'messages': [
        {'role': one.role, 'content': one.content} for one in request.messages
      ],
      'temperature': settings.temperature,
      'top_p': settings.top_p,
      'stop': list(settings.stop) or None,
      'n': wanted if wanted > 1 else None,
      self._endpoint.limit_name: settings.max_tokens,
    }
    said = {name: value for name, value in body.items() if value is not None}
    return {**said, **request.settings.more}

  def _headers(self, name: str) -> dict[str, Any]:
    """A name of what is asked, by which a server may know it again."""
    import openai

    headers = {'Idempotency-Key': name}
    return headers if self._key else {**headers, 'Authorization': openai.Omit()}

  def _said(self, fault: Exception) -> Exception:
    """The fault, with no key in its sentence."""
    fault.args = tuple(secret.hidden(str(one), self._key) for one in fault.args)
    return fault


def _lost(error: Exception, endpoint: Endpoint) -> faults.Passing:
  """A connection that never was, that broke, or that took too long."""
  import openai

  reason = error.__cause__
  if type(reason).__name__ in _UNREACHED:
    return faults.Passing(f'{endpoint.place} cannot be reached: {reason}')
  if isinstance(error, TimeoutError | openai.APITimeoutError):
    return faults.Passing(
      f'{endpoint.place} did not answer within {endpoint.timeout:g} s',
      lost=True,
    )
  return faults.Passing(
    f'{endpoint.place}: the connection broke ({reason or error})', lost=True
  )
