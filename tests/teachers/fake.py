"""A teacher in process, whose script says what goes wrong."""

import asyncio
import collections
import contextlib
import dataclasses
from collections.abc import Callable, Sequence

from distill_jax.teachers import request as request_lib


def text(name: str, sample: int) -> str:
  return f'{name}: sample {sample}'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fake:
  """Answers `text(name, sample)`, as many at once as it gives.

  Attributes:
    script: what to raise at the first requests, None for nothing.
    gives: samples of a request, at most.
    seconds: that a request takes.
    refuses: names that it never answers, and with what.
    reply: makes the text of a sample.
    asked: gets (name, samples) of every request.
    tokens: of prompt and completion that it counts for each sample.
  """

  model: str = 'fake'
  place: str = 'here:1'
  script: Sequence[Exception | None] = ()
  gives: int = 100
  seconds: float = 0.0
  refuses: dict[str, Exception] = dataclasses.field(default_factory=dict)
  reply: Callable[[request_lib.Request, int], str] = lambda request, sample: (
    text(request.name, sample)
  )
  asked: list = dataclasses.field(default_factory=list)
  tokens: tuple[int, int] = (10, 5)
  counts: collections.Counter = dataclasses.field(
    default_factory=collections.Counter
  )

  def check(self):
    pass

  @contextlib.asynccontextmanager
  async def session(self):
    yield self

  async def write(self, request):
    number = len(self.asked)
    self.asked.append((request.name, request.samples))
    self.counts['now'] += 1
    self.counts['most'] = max(self.counts['most'], self.counts['now'])
    await asyncio.sleep(self.seconds)
    self.counts['now'] -= 1
    if number < len(self.script) and self.script[number] is not None:
      raise self.script[number]
    if request.name in self.refuses:
      raise self.refuses[request.name]
    return [
      request_lib.Reply(
        text=self.reply(request, sample),
        prompt_tokens=self.tokens[0],
        completion_tokens=self.tokens[1],
      )
      for sample in request.samples[: self.gives]
    ]


def requests(names, samples=1, **settings):
  """A request for each name, which is its prompt too."""
  return [
    request_lib.Request(
      name=name,
      messages=(request_lib.Message(role='user', content=name),),
      settings=request_lib.Settings(**settings),
      samples=tuple(range(samples)),
    )
    for name in names
  ]
