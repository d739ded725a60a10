"""When the next request may leave: limits per minute, and asked-for silence."""

import asyncio
import contextlib
import random

import aiolimiter

from distill_jax.teachers import request as request_lib
from distill_jax.teachers import spending

_BURST = 5.0  # seconds whose share of a limit may go at once
_SPREAD = 0.1  # of a silence, drawn, in which requests come back one by one


class Limits:
  """Lets requests through as an endpoint allows.

  Args:
    requests: per minute, None for no limit.
    tokens: per minute, None for no limit.
    stopping: ends every silence.
  """

  def __init__(
    self,
    requests: float | None,
    tokens: float | None,
    stopping: asyncio.Event,
  ):
    self._requests = _limiter(requests)
    self._tokens = _limiter(tokens)
    self._stopping = stopping
    self._quiet_until = 0.0

  def quiet(self, seconds: float) -> None:
    """Lets nothing through for some seconds."""
    until = asyncio.get_running_loop().time() + seconds
    self._quiet_until = max(self._quiet_until, until)

  async def turn(self, request: request_lib.Request) -> None:
    """Returns when a request may leave."""
    loop = asyncio.get_running_loop()
    while (left := self._quiet_until - loop.time()) > 0:
      await self.sleep(left * (1 + _SPREAD * random.random()))
      if self._stopping.is_set():
        return
    if self._requests:
      await self._requests.acquire()
    if self._tokens:
      wanted = request.settings.max_tokens * len(request.samples)
      most = wanted + spending.prompt_tokens(request)
      # What exceeds the burst would never get through.
      await self._tokens.acquire(min(most, self._tokens.max_rate))

  async def sleep(self, seconds: float) -> None:
    """Sleeps, but not on when there is a reason to stop."""
    with contextlib.suppress(TimeoutError):
      await asyncio.wait_for(self._stopping.wait(), seconds)


def _limiter(per_minute: float | None) -> aiolimiter.AsyncLimiter | None:
  """Spreads a limit over the minute, with bursts of a few seconds' share."""
  if per_minute is None:
    return None
  burst = max(1.0, per_minute * _BURST / 60)
  return aiolimiter.AsyncLimiter(burst, burst * 60 / per_minute)
