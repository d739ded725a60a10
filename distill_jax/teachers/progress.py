"""How far a collection is, what it has cost, and how long it will take."""

import asyncio
import logging
import time

from distill_jax.teachers import request as request_lib
from distill_jax.teachers import spending

_EVERY = 10.0  # seconds between two lines

_log = logging.getLogger('distill_jax.teachers')


class Progress:
  """Counts samples, and says so now and then.

  Attributes:
    total: samples that are wanted.
    there: of them in the journal.
    lost: replies that were lost on the way and may be billed.
  """

  def __init__(self, total: int, prices: spending.Prices):
    self.total = total
    self.there = 0
    self.lost = 0
    self._prices = prices
    self._new = spending.Spent()
    self._estimated = False
    self._began = time.monotonic()
    self._warned = 0.0

  def found(self, samples: int) -> None:
    """Some samples were in the journal already."""
    self.there += samples

  def paid(self, replies: list[request_lib.Reply], money: float) -> None:
    """Some samples are in the journal now."""
    self.there += len(replies)
    self._estimated |= any(one.estimated for one in replies)
    self._new += spending.Spent(
      samples=len(replies),
      money=money,
      prompt_tokens=sum(one.prompt_tokens for one in replies),
      completion_tokens=sum(one.completion_tokens for one in replies),
    )

  def lose(self) -> None:
    """A reply was lost on the way."""
    self.lost += 1

  def warn(self, said: str) -> None:
    """Something went wrong that another try may mend; not every one is said."""
    now = time.monotonic()
    if now - self._warned >= _EVERY:
      self._warned = now
      _log.warning('%s; it is tried again', said)

  async def report(self) -> None:
    """Says how far it is, again and again until it is cancelled."""
    while True:
      await asyncio.sleep(_EVERY)
      _log.info(self.line())

  def line(self) -> str:
    """How far it is.

    '412 of 3,600 samples; these 400 by 12.1 a second, 201,000 tokens, $0.0312;
    about 5 min left'.
    """
    new, seconds = self._new, time.monotonic() - self._began
    said = f'{self.there:,} of {self.total:,} samples'
    if not new.samples:
      return said
    about = 'about ' * self._estimated
    said += (
      f'; {new.samples:,} new ones by {new.samples / seconds:,.1f} a second, '
      f'{about}{new.tokens:,} tokens, {self._prices.shown(new.money)}'
    )
    left = (self.total - self.there) * seconds / new.samples
    return said + f'; about {duration(left)} left' * (left > 0)


def duration(seconds: float) -> str:
  """Seconds as people say them: '40 s', '12 min', '3.2 h'."""
  if seconds < 90:
    return f'{seconds:.0f} s'
  return (
    f'{seconds / 60:.0f} min' if seconds < 5400 else f'{seconds / 3600:.1f} h'
  )
