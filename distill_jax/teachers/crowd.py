"""Workers that share requests, limits, a purse and one reason to stop."""

import asyncio
import dataclasses
import itertools
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from distill_jax.teachers import (
  attempts,
  faults,
  journal,
  progress,
  recorder,
  spending,
  stopping,
  teacher,
)
from distill_jax.teachers import request as request_lib

if TYPE_CHECKING:
  from distill_jax.teachers import asking as asking_lib

INTERRUPTED = 'interrupted'
BUDGET = 'budget'

_AHEAD = 64  # requests that are looked up in the journal together
_AT_FIRST = 5  # refusals before any reply, after which nothing is expected
_NAMED = 20  # sentences on refused requests that are kept

_log = logging.getLogger('distill_jax.teachers')


@dataclasses.dataclass(kw_only=True)
class Outcome:
  """What came of some requests.

  Attributes:
    refused: how many the endpoint will never answer.
    named: sentences on the first of them.
    stopped: INTERRUPTED or BUDGET, None where all were asked.
    wanted: the most that the request could cost for which there was no room.
  """

  refused: int = 0
  named: list[str] = dataclasses.field(default_factory=list)
  stopped: str | None = None
  wanted: spending.Spent = spending.Spent()


class Crowd:
  """Asks for many samples at once; `asking.Asking.ask` makes one."""

  def __init__(
    self,
    asking: 'asking_lib.Asking',
    who: teacher.Teacher,
    session: teacher.Session,
    record: recorder.Recorder,
    purse: spending.Purse,
    told: progress.Progress,
  ):
    self._asking = asking
    self._model, self._place = who.model, who.place
    self._record = record
    self._purse = purse
    self._told = told
    self._queue = asyncio.Queue(asking.concurrency)
    self._under_way: set[str] = set()  # keys, queued ones included
    self._ended: set[str] = set()  # keys, since the last look into the journal
    self._stopping = asyncio.Event()
    self._attempts = attempts.Attempts(asking, session, told, self._stopping)
    self._error: Exception | None = None
    self._outcome = Outcome()

  async def ask(self, requests: Iterator[request_lib.Request]) -> Outcome:
    """Asks until everything is there or there is a reason to stop.

    What is under way then still ends, and is kept.

    Raises:
      Exception: the reason, where it is a fault.
    """
    reporting = asyncio.create_task(self._told.report())
    drop = asyncio.current_task().cancel
    try:
      with stopping.interrupts(self._interrupt, drop):
        async with asyncio.TaskGroup() as group:
          group.create_task(self._find(requests))
          for _ in range(self._asking.concurrency):
            group.create_task(self._work())
    finally:
      reporting.cancel()
    if self._error is not None:
      raise self._error
    return self._outcome

  async def _find(self, requests: Iterator[request_lib.Request]) -> None:
    """Queues what the journal lacks, and then an end for each worker."""
    try:
      while not self._stopping.is_set():
        part = list(itertools.islice(requests, _AHEAD))
        if not part:
          break
        keys = [request.keys(self._model) for request in part]
        self._ended.clear()
        there = await self._record.find(list(itertools.chain(*keys)))
        for request, own in zip(part, keys):
          if self._stopping.is_set():
            break
          await self._queue_missing(request, own, there)
    except Exception as error:
      self._fail(error)
    for _ in range(self._asking.concurrency):
      await self._queue.put(None)

  async def _queue_missing(self, request, keys, there) -> None:
    """Queues a request for those of its samples that nobody has asked for.

    Two requests may be equal but for their names, and then share samples.
    """
    known = (there, self._under_way, self._ended)
    missing = {
      key: sample
      for sample, key in zip(request.samples, keys)
      if not any(key in some for some in known)
    }
    self._told.found(len(keys) - len(missing))
    if missing:
      self._under_way.update(missing)
      samples = tuple(missing.values())
      await self._queue.put(dataclasses.replace(request, samples=samples))

  async def _work(self) -> None:
    """Completes requests until the end of the queue."""
    while (request := await self._queue.get()) is not None:
      try:
        await self._complete(request)
      except faults.Refused as error:
        self._refuse(request, error)
      except spending.Exhausted as error:
        self._outcome.wanted = error.wanted
        self._stop(BUDGET)
      except faults.Passing as error:
        if not self._stopping.is_set():
          self._fail(_given_up(request, error, self._asking.attempts))
      except Exception as error:
        self._fail(error)
      keys = request.keys(self._model)
      self._ended.update(keys)
      self._under_way.difference_update(keys)

  async def _complete(self, request: request_lib.Request) -> None:
    """Asks until all samples of a request are on the disk."""
    while request.samples and not self._stopping.is_set():
      async with self._purse.room(request):
        replies, seconds = await self._attempts.replies(request)
        money = self._purse.pay(replies)
        entries = [
          journal.Entry(
            key=key,
            name=request.name,
            model=self._model,
            place=self._place,
            sample=sample,
            reply=reply,
            money=own,
            seconds=seconds,
          )
          for key, sample, reply, own in zip(
            request.keys(self._model), request.samples, replies, money
          )
        ]
        await self._record.add(entries)
      self._told.paid(replies, sum(money))
      request = dataclasses.replace(
        request, samples=request.samples[len(replies) :]
      )

  def _refuse(self, request: request_lib.Request, error: faults.Refused):
    self._outcome.refused += 1
    if len(self._outcome.named) < _NAMED:
      self._outcome.named.append(f'{request.name}: {error}')
    nothing = not (self._attempts.answered or self._told.there)
    if nothing and self._outcome.refused >= _AT_FIRST:
      self._fail(
        faults.Unusable(
          f'the first {_AT_FIRST} requests were all refused, the last one, '
          f'{request.name}, because: {error}'
        )
      )

  def _stop(self, reason: str) -> None:
    self._outcome.stopped = self._outcome.stopped or reason
    self._stopping.set()

  def _fail(self, error: Exception) -> None:
    self._error = self._error or error
    self._stopping.set()

  def _interrupt(self) -> None:
    _log.info(
      'stopping when the %s requests under way have ended; interrupt again to '
      'drop them',
      self._attempts.sent,
    )
    self._stop(INTERRUPTED)


def _given_up(
  request: request_lib.Request, error: faults.Passing, attempts: int
) -> faults.Unusable:
  return faults.Unusable(
    f'{request.name}: {attempts} attempts failed, the last one with: {error}; '
    'what arrived is kept, and the same command goes on from there'
  )
