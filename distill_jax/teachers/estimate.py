"""What is left to ask for, and what it will cost, before it is asked."""

import dataclasses
from collections.abc import Iterable

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
    self, prices: spending.Prices, budget: spending.Budget, spent: float
  ) -> list[str]:
    """Lines of a plan: tokens and money.

    Args:
      prices: of the tokens.
      budget: that is set.
      spent: money of all samples that are in the journal.
    """
    missing = f'{self.samples - self.there:,} samples'
    there = f'{self.there:,} of {self.samples:,} are in the journal'
    written = f'{self.completion_tokens:,} written ({self.basis})'
    paid = f'{prices.shown(spent)} of it is spent'
    return [
      f'requests   {self.requests:,} for {missing}; {there}',
      f'tokens     about {self.prompt_tokens:,} read, {written}',
      f'cost       {self._cost(prices)}',
      f'budget     {budget.shown(prices)}; {paid}',
    ]

  def _cost(self, prices: spending.Prices) -> str:
    if not prices.given:
      return 'nothing, for PROMPT_PRICE and COMPLETION_PRICE are 0'
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
  counts = dict.fromkeys(('requests', 'samples', 'there', 'prompt', 'all'), 0)
  written, limit = [0, 0], 0
  for request in requests:
    found = kept.find(request.keys(model)) if kept else {}
    missing = len(request.samples) - len(found)
    written[0] += len(found)
    written[1] += sum(reply.completion_tokens for reply in found.values())
    limit = max(limit, request.settings.max_tokens)
    counts['samples'] += len(request.samples)
    counts['there'] += len(found)
    if missing:
      prompt = spending.prompt_tokens(request)
      counts['requests'] += 1
      counts['prompt'] += prompt
      counts['all'] += prompt * missing
  if written[0] >= _TRUSTED:
    length, basis = written[1] / written[0], f'as {written[0]:,} samples had'
  elif expected_tokens:
    length, basis = min(expected_tokens, limit), 'as the examples have'
  else:
    length, basis = limit, 'the limit, for nothing is known yet'
  left = counts['samples'] - counts['there']
  seconds = kept.seconds(model) if kept else None
  return Estimate(
    requests=counts['requests'],
    samples=counts['samples'],
    there=counts['there'],
    prompt_tokens=counts['prompt'],
    repeated=counts['all'],
    completion_tokens=round(left * length),
    basis=f'{basis}: {length:.0f} a sample',
    seconds=seconds or _WAIT + length / _PER_SECOND,
  )
