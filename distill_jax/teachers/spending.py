"""What samples cost, and how much may be spent."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator

from distill_jax.teachers import request as request_lib
from distill_jax.teachers import tokens

_PER_MESSAGE = 4  # tokens that mark a turn of a conversation


@dataclasses.dataclass(frozen=True, kw_only=True)
class Spent:
  """What some samples cost.

  Attributes:
    samples: how many they are.
    money: in the currency of the prices.
    prompt_tokens: that were read.
    completion_tokens: that were written.
  """

  samples: int = 0
  money: float = 0.0
  prompt_tokens: int = 0
  completion_tokens: int = 0

  @property
  def tokens(self) -> int:
    """Tokens read and written."""
    return self.prompt_tokens + self.completion_tokens

  def __add__(self, other: 'Spent') -> 'Spent':
    return Spent(
      samples=self.samples + other.samples,
      money=self.money + other.money,
      prompt_tokens=self.prompt_tokens + other.prompt_tokens,
      completion_tokens=self.completion_tokens + other.completion_tokens,
    )

  def __sub__(self, other: 'Spent') -> 'Spent':
    return self + Spent(
      samples=-other.samples,
      money=-other.money,
      prompt_tokens=-other.prompt_tokens,
      completion_tokens=-other.completion_tokens,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Prices:
  """What an endpoint takes.

  Attributes:
    prompt: money per million tokens that are read.
    completion: money per million tokens that are written.
    currency: its sign, for messages.
  """

  prompt: float = 0.0
  completion: float = 0.0
  currency: str = '$'

  def __post_init__(self):
    for name in ('prompt', 'completion'):
      if not 0 <= getattr(self, name) < float('inf'):
        raise ValueError(
          f'Prices.{name} is {getattr(self, name)}, expected the money for a '
          'million tokens, 0 or more.'
        )

  @property
  def given(self) -> bool:
    """Whether anything costs anything."""
    return self.prompt > 0 or self.completion > 0

  def of(self, prompt_tokens: float, completion_tokens: float) -> float:
    """The money for so many tokens."""
    return (
      prompt_tokens * self.prompt + completion_tokens * self.completion
    ) / 1e6

  def spent(
    self, samples: int, prompt_tokens: int, completion_tokens: int
  ) -> Spent:
    """So many samples and tokens with their money."""
    return Spent(
      samples=samples,
      money=self.of(prompt_tokens, completion_tokens),
      prompt_tokens=prompt_tokens,
      completion_tokens=completion_tokens,
    )

  def shown(self, money: float) -> str:
    """Money as people write it: '$1.25', '$0.0004'."""
    return f'{self.currency}{money:,.{2 if money >= 1 or not money else 4}f}'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Budget:
  """How much all samples of a journal may cost together.

  Attributes:
    money: at most; None for no limit.
    tokens: read and written, at most; None for no limit.
  """

  money: float | None = None
  tokens: int | None = None

  def __post_init__(self):
    for name in ('money', 'tokens'):
      value = getattr(self, name)
      if value is not None and value < 0:
        raise ValueError(f'Budget.{name} is {value}, expected 0 or more.')

  def shown(self, prices: Prices) -> str:
    """The limits: '$5.00 and 1,000,000 tokens', or 'none'."""
    money = '' if self.money is None else prices.shown(self.money)
    counted = '' if self.tokens is None else f'{self.tokens:,} tokens'
    return ' and '.join(filter(None, (money, counted))) or 'none'

  def holds(self, spent: Spent) -> bool:
    """Whether so much may be spent."""
    return (self.money is None or spent.money <= self.money) and (
      self.tokens is None or spent.tokens <= self.tokens
    )


class Exhausted(Exception):
  """The budget has no room for another request.

  Attributes:
    wanted: the most that it could cost.
  """

  def __init__(self, wanted: Spent):
    super().__init__()
    self.wanted = wanted


class Purse:
  """Keeps a budget while many requests are under way.

  A request sets aside the most that it can cost, and gives back what it has
  not used when it ends. So the budget holds as far as prompts are counted
  rightly, whatever the requests turn out to cost.

  Attributes:
    spent: what has been paid.
  """

  def __init__(self, prices: Prices, budget: Budget, spent: Spent):
    self.spent = spent
    self._prices = prices
    self._budget = budget
    self._aside = Spent()
    self._changed = asyncio.Condition()

  @contextlib.asynccontextmanager
  async def room(self, request: request_lib.Request) -> AsyncIterator[None]:
    """Sets aside the most that a request can cost, as soon as there is room.

    Raises:
      Exhausted: nothing is under way and there is no room for it.
    """
    if self._budget == Budget():
      yield
      return
    most = self._prices.spent(
      len(request.samples),
      prompt_tokens(request) * len(request.samples),
      request.settings.max_tokens * len(request.samples),
    )
    async with self._changed:
      while not self._budget.holds(self.spent + self._aside + most):
        if not self._aside.samples:
          raise Exhausted(most)
        await self._changed.wait()
      self._aside += most
    try:
      yield
    finally:
      async with self._changed:
        self._aside -= most
        self._changed.notify_all()

  def pay(self, replies: list[request_lib.Reply]) -> list[float]:
    """Adds what replies cost; the money of each."""
    money = [
      self._prices.of(one.prompt_tokens, one.completion_tokens)
      for one in replies
    ]
    self.spent += Spent(
      samples=len(replies),
      money=sum(money),
      prompt_tokens=sum(one.prompt_tokens for one in replies),
      completion_tokens=sum(one.completion_tokens for one in replies),
    )
    return money


def prompt_tokens(request: request_lib.Request) -> int:
  """Tokens of a prompt, estimated."""
  return sum(
    tokens.estimate(message.content) + _PER_MESSAGE
    for message in request.messages
  )
