"""What is left to ask for, and what it will cost, before it is asked."""

import dataclasses
from collections.abc import Iterable, Mapping

from distill_jax.teachers import journal as journal_lib
from distill_jax.teachers import progress, spending
from distill_jax.teachers import request as request_lib

_TRUSTED = 20  # samples whose mean length is taken for that of all
_PER_SECOND = 50.0  # tokens that a model writes, where nothing is known yet
_WAIT = 0.5  # seconds before the first of them


@dataclasses.dataclass(frozen=True, kw_only=True)
class Estimate:
  """What some requests come to.

  Attributes:
    requests: that have samples missing.
    samples: that are wanted.
    there: of them in the journal.
    prompt_tokens: to be read, where every request is one.
    repeated: to be read, where every sample is a request of its own.
    completion_tokens: to be written.
    basis: where the length of a sample comes from.
    seconds: of a request.
  """

  requests: int
  samples: int
  there: int
  prompt_tokens: int
  repeated: int
  completion_tokens: int
  basis: str
  seconds: float

  def rows(
    self,
    prices: spending.Prices,
    budget: spending.Budget,
    spent: spending.Spent,
  ) -> list[str]:
    """Lines of a plan: tokens and money.

    Args:
      prices: of the tokens.
      budget: that is set.
      spent: what all samples that are in the journal have cost.
    """
    wanted = prices.spent(
      self.samples - self.there, self.prompt_tokens, self.completion_tokens
    )
    short = '' if budget.holds(spent + wanted) else '; IT WILL NOT SUFFICE'
    missing = f'{self.samples - self.there:,} samples'
    there = f'{self.there:,} of {self.samples:,} are in the journal'
    written = f'{self.completion_tokens:,} written ({self.basis})'
    paid = f'{prices.shown(spent.money)} of it is spent{short}'
    return [
      f'requests   {self.requests:,} for {missing}; {there}',
      f'tokens     about {self.prompt_tokens:,} read, {written}',
      f'cost       {self._cost(prices)}',
      f'budget     {budget.shown(prices)}; {paid}',
    ]

  def _cost(self, prices: spending.Prices) -> str:
    if not prices.given:
      return 'no prices are given (PROMPT_PRICE and COMPLETION_PRICE)'
    money = prices.of(self.prompt_tokens, self.completion_tokens)
    most = prices.of(self.repeated, self.completion_tokens)
    repeated = (
      f', or {prices.shown(most)} where one request gives one sample and '
      f'{self.repeated:,} tokens are read'
    ) * (self.repeated > self.prompt_tokens)
    each = f'{prices.currency}{prices.prompt:g} and {prices.completion:g}'
    return (
      f'about {prices.shown(money)}{repeated}, at {each} for a million tokens '
      'read and written'
    )

  def time(
    self, concurrency: int, requests: float | None, tokens: float | None
  ) -> str:
    """How long it takes at most so many requests at once and per minute."""
    total = self.prompt_tokens + self.completion_tokens
    seconds = max(
      self.requests * self.seconds / concurrency,
      60 * self.requests / requests if requests else 0.0,
      60 * total / tokens if tokens else 0.0,
    )
    return (
      f'time       about {progress.duration(seconds)}, {concurrency} requests '
      f'at once of {self.seconds:.1f} s each'
    )


def estimate(
  requests: Iterable[request_lib.Request],
  model: str,
  expected_tokens: int | None,
  kept: journal_lib.Journal | None,
) -> Estimate:
  """What requests come to.

  The length of a sample is the mean of those in the journal, else what is
  expected, else the limit.

  Args:
    requests: all of them.
    model: that is asked.
    expected_tokens: of a sample, None where nothing is known.
    kept: the journal, None where there is none yet.
  """
  counted = _Counted()
  for request in requests:
    counted.add(request, kept.find(request.keys(model)) if kept else {})
  length, basis = counted.length(expected_tokens)
  seconds = kept.seconds(model) if kept else None
  return Estimate(
    requests=counted.requests,
    samples=counted.samples,
    there=counted.there,
    prompt_tokens=counted.prompt_tokens,
    repeated=counted.repeated,
    completion_tokens=round((counted.samples - counted.there) * length),
    basis=f'{basis}: {length:.0f} a sample',
    seconds=seconds or _WAIT + length / _PER_SECOND,
  )


@dataclasses.dataclass(kw_only=True)
class _Counted:
  """What is counted while requests go by; the first ones as in `Estimate`.

  Attributes:
    written: tokens of the samples that are there.
    limit: tokens of a sample, at most.
  """

  requests: int = 0
  samples: int = 0
  there: int = 0
  prompt_tokens: int = 0
  repeated: int = 0
  written: int = 0
  limit: int = 0

  def add(
    self,
    request: request_lib.Request,
    found: Mapping[str, request_lib.Reply],
  ) -> None:
    """Counts a request, of which these samples are there, by their keys."""
    missing = len(request.samples) - len(found)
    self.samples += len(request.samples)
    self.there += len(found)
    self.written += sum(reply.completion_tokens for reply in found.values())
    self.limit = max(self.limit, request.settings.max_tokens)
    if missing:
      prompt = spending.prompt_tokens(request)
      self.requests += 1
      self.prompt_tokens += prompt
      self.repeated += prompt * missing

  def length(self, expected: int | None) -> tuple[float, str]:
    """Tokens that a sample will have, and where that comes from."""
    if self.there >= _TRUSTED:
      return self.written / self.there, f'as {self.there:,} samples had'
    if expected:
      return min(expected, self.limit), 'as the examples have'
    return self.limit, 'the limit, for nothing is known yet'
