"""How a teacher is asked: how much at once, how often again, for how much."""

import asyncio
import dataclasses
from collections.abc import Iterable

from distill_jax.teachers import (
  crowd,
  journal,
  progress,
  recorder,
  spending,
  teacher,
)
from distill_jax.teachers import request as request_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asking:
  """Limits of what goes on at once, and of what it may cost.

  Attributes:
    concurrency: requests under way, at most.
    requests_per_minute: at most; None for no limit.
    tokens_per_minute: read and written, by estimate, at most; None for none.
    attempts: of a request, before everything stops.
    first_wait: seconds before the second attempt, at most; twice as many before
      each further one. How many of them is drawn, so that requests that failed
      together do not come back together.
    longest_wait: seconds between two attempts, unless the endpoint asks for
      more.
    prices: of the endpoint.
    budget: what all samples of the journal may cost.
  """

  concurrency: int = 16
  requests_per_minute: float | None = None
  tokens_per_minute: float | None = None
  attempts: int = 10
  first_wait: float = 1.0
  longest_wait: float = 60.0
  prices: spending.Prices = spending.Prices()
  budget: spending.Budget = spending.Budget()

  def __post_init__(self):
    for name in ('concurrency', 'attempts'):
      if getattr(self, name) < 1:
        raise ValueError(
          f'Asking.{name} is {getattr(self, name)}, expected at least 1.'
        )
    for name in ('requests_per_minute', 'tokens_per_minute'):
      value = getattr(self, name)
      if value is not None and not value > 0:
        raise ValueError(
          f'Asking.{name} is {value}, expected more than 0, or None.'
        )
    for name in ('first_wait', 'longest_wait'):
      value = getattr(self, name)
      if not 0 <= value < float('inf'):
        raise ValueError(
          f'Asking.{name} is {value}, expected seconds, 0 or more.'
        )
    if self.budget.money is not None and not self.prices.given:
      raise ValueError(
        f'Asking.budget is {self.budget.money:g} and the prices are 0, so it '
        'would hold nothing back; give PROMPT_PRICE and COMPLETION_PRICE, or '
        'TOKEN_BUDGET, or BUDGET=None for an endpoint that is free.'
      )

  def ask(
    self,
    who: teacher.Teacher,
    requests: Iterable[request_lib.Request],
    kept: journal.Journal,
    told: progress.Progress,
  ) -> crowd.Outcome:
    """Asks for every sample that the journal lacks; what came of it.

    A sample counts when it is on the disk. An interrupt lets the requests that
    are under way end, a second one drops them.

    Args:
      who: is asked.
      requests: what for; they are read as they are needed.
      kept: the journal.
      told: hears how far it is.

    Raises:
      ValueError: the teacher cannot be used, or fails again and again; whatever
        arrived before is in the journal.
      KeyboardInterrupt: somebody could not wait for the requests under way.
    """
    try:
      return asyncio.run(self._ask(who, requests, kept, told))
    except asyncio.CancelledError:  # by a second interrupt
      raise KeyboardInterrupt from None

  async def _ask(self, who, requests, kept, told) -> crowd.Outcome:
    record = recorder.Recorder(kept)
    purse = spending.Purse(self.prices, self.budget, kept.spent())
    try:
      async with who.session() as session:
        asked = crowd.Crowd(self, who, session, record, purse, told)
        return await asked.ask(iter(requests))
    finally:
      await record.close()
