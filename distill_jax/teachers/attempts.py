"""One request, tried until it is answered or given up."""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import tenacity

from distill_jax.teachers import faults, limits, progress, teacher
from distill_jax.teachers import request as request_lib

if TYPE_CHECKING:
  from distill_jax.teachers import asking as asking_lib


class Attempts:
  """Sends requests as limits allow, again where another try may succeed.

  Attributes:
    sent: requests that are waiting for their reply.
    answered: requests that have had one.
  """

  def __init__(
    self,
    asking: 'asking_lib.Asking',
    session: teacher.Session,
    told: progress.Progress,
    stopping: asyncio.Event,
  ):
    self.sent = 0
    self.answered = 0
    self._asking = asking
    self._session = session
    self._told = told
    self._stopping = stopping
    self._limits = limits.Limits(
      asking.requests_per_minute, asking.tokens_per_minute, stopping
    )

  async def replies(
    self, request: request_lib.Request
  ) -> tuple[list[request_lib.Reply], float]:
    """Replies to a request, and the seconds that they took.

    Raises:
      faults.Passing: it is given up, or there is a reason to stop.
      faults.Refused: it will never be answered.
      faults.Unusable: no request will.
    """
    asking = self._asking
    retrying = tenacity.AsyncRetrying(
      retry=tenacity.retry_if_exception_type(faults.Passing),
      wait=tenacity.wait_random_exponential(
        multiplier=asking.first_wait, max=asking.longest_wait
      ),
      stop=self._patience(),
      sleep=self._limits.sleep,
      reraise=True,
    )
    return await retrying(self._try, request)

  async def _try(
    self, request: request_lib.Request
  ) -> tuple[list[request_lib.Reply], float]:
    await self._limits.turn(request)
    if self._stopping.is_set():
      raise faults.Passing('not asked')
    began = time.monotonic()
    self.sent += 1
    try:
      replies = await self._session.write(request)
    except asyncio.CancelledError:
      self._told.lose()
      raise
    except faults.Passing as error:
      if error.lost:
        self._told.lose()
      if error.wait:
        self._limits.quiet(error.wait)
      self._told.warn(f'{request.name}: {error}')
      raise
    finally:
      self.sent -= 1
    self.answered += 1
    return replies, time.monotonic() - began

  def _patience(self) -> Callable[[tenacity.RetryCallState], bool]:
    """Says when a request is given up.

    An endpoint that is busy with others who get through is waited for.
    """
    failed, answered = 0, self.answered

    def stop(state: tenacity.RetryCallState) -> bool:
      nonlocal failed, answered
      if not (state.outcome.exception().busy and self.answered > answered):
        failed += 1
      answered = self.answered
      return failed >= self._asking.attempts or self._stopping.is_set()

    return stop
