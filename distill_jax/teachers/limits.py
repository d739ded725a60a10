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
    await self._acquire(self._requests, 1.0)
    if self._tokens:
      written = request.settings.max_tokens * len(request.samples)
      read = spending.prompt_tokens(request)
      await self._acquire(self._tokens, written + read)

  async def _acquire(
    self, limiter: aiolimiter.AsyncLimiter | None, amount: float
  ) -> None:
    """Returns when so much is allowed, or when there is a reason to stop."""
    if limiter is None:
      return
    while amount > 0 and not self._stopping.is_set():
      part = min(amount, limiter.max_rate)  # more at once never is
      taking = asyncio.ensure_future(limiter.acquire(part))
      stopping = asyncio.ensure_future(self._stopping.wait())
      try:
        await asyncio.wait(
          (taking, stopping), return_when=asyncio.FIRST_COMPLETED
        )
      finally:
        taking.cancel()
        stopping.cancel()
      amount -= part

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
