"""Times how fast samples come in, beside bare clients of the same server.

  python -m benchmarks.collecting --output=/tmp/collecting.json

The server answers after 50 ms and 64 requests are under way at once, so no
client can pass 1,280 a second. `collect` is the client of this package with
everything around it: keys, limits, budget, retries, and a journal on the disk
in `--folder`, which a sample has reached before it counts. `openai` is the
client that it is built on, and `aiohttp` a loop that posts and parses JSON.
The three take turns in one process; the server has its own.
"""

import argparse
import asyncio
import itertools
import json
import pathlib
import statistics
import tempfile
from collections.abc import Awaitable, Callable, Iterator

import aiohttp
import openai
import rich
from rich import table as table_lib

from benchmarks import fast_server, machine, timing
from distill_jax.teachers import asking as asking_lib
from distill_jax.teachers import endpoint as endpoint_lib
from distill_jax.teachers import journal, progress, secret, spending
from distill_jax.teachers import request as request_lib

_MODEL = 'fast'
_FREE = secret.Key(variable=None)
_EXAMPLES = 5


def main() -> None:
  """Prints the figures, and writes them as JSON."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--requests', type=int, default=4_000)
  parser.add_argument('--concurrency', type=int, default=64)
  parser.add_argument('--latency', type=float, default=0.05)
  parser.add_argument('--rounds', type=int, default=5)
  parser.add_argument('--folder', help='of the journals; a temporary one')
  parser.add_argument('--output', help='file for the figures as JSON')
  options = parser.parse_args()
  with (
    tempfile.TemporaryDirectory(dir=options.folder) as folder,
    fast_server.serve(options.latency) as url,
  ):
    seconds = timing.alternate(_ways(url, folder, options), options.rounds)
  rates = {
    name: [options.requests / taken for taken in all_taken]
    for name, all_taken in seconds.items()
  }
  _show(rates, options)
  if options.output:
    figures = {
      'machine': machine.facts(),
      'settings': vars(options),
      'requests per second': rates,
    }
    pathlib.Path(options.output).write_text(json.dumps(figures, indent=2))


def _ways(url: str, folder: str, options) -> dict[str, timing.Way]:
  number, concurrency = options.requests, options.concurrency
  runs = itertools.count()
  return {
    'collect': lambda: _collect(
      url, pathlib.Path(folder, f'{next(runs)}.sqlite'), number, concurrency
    ),
    'openai': lambda: asyncio.run(_openai(url, number, concurrency)),
    'aiohttp': lambda: asyncio.run(_aiohttp(url, number, concurrency)),
  }


def _requests(number: int) -> Iterator[request_lib.Request]:
  """Questions behind a system text and solved examples, as in QCRD's form."""
  asked = 'Tom has {} books. Ann has 4 cups. Tom buys 7 books. How many books?'
  told = 'Tom has {} books and buys 7. We add. So the answer is ( {} + 7 ).'
  before = [request_lib.Message(role='system', content='Explain. ' * 40)]
  for one in range(_EXAMPLES):
    before += [
      request_lib.Message(role='user', content=asked.format(one)),
      request_lib.Message(role='assistant', content=told.format(one, one)),
    ]
  for one in range(number):
    last = request_lib.Message(role='user', content=asked.format(one))
    yield request_lib.Request(
      name=str(one),
      messages=(*before, last),
      settings=request_lib.Settings(),
    )


def _collect(
  url: str, path: pathlib.Path, number: int, concurrency: int
) -> None:
  teacher = endpoint_lib.Endpoint(model=_MODEL, url=url, key=_FREE)
  asking = asking_lib.Asking(
    concurrency=concurrency,
    prices=spending.Prices(prompt=0.15, completion=0.6),
    budget=spending.Budget(money=1e6),
  )
  told = progress.Progress(number, asking.prices)
  with journal.opened(path) as kept:
    asking.ask(teacher, _requests(number), kept, told)
    if kept.spent().samples != number:
      raise RuntimeError(f'{kept.spent().samples} samples of {number} came')


async def _openai(url: str, number: int, concurrency: int) -> None:
  async with openai.AsyncOpenAI(
    api_key='none', base_url=url, http_client=openai.DefaultAioHttpClient()
  ) as client:

    async def ask(body: dict) -> None:
      await client.chat.completions.create(**body)

    await _share(number, concurrency, ask)


async def _aiohttp(url: str, number: int, concurrency: int) -> None:
  connector = aiohttp.TCPConnector(limit=concurrency)
  async with aiohttp.ClientSession(connector=connector) as session:

    async def ask(body: dict) -> None:
      async with session.post(f'{url}/chat/completions', json=body) as answer:
        await answer.json()

    await _share(number, concurrency, ask)


async def _share(
  number: int, concurrency: int, ask: Callable[[dict], Awaitable[None]]
) -> None:
  """Asks with so many workers, each of which waits for its answer."""
  bodies = map(_body, _requests(number))

  async def work() -> None:
    for body in bodies:
      await ask(body)

  async with asyncio.TaskGroup() as group:
    for _ in range(concurrency):
      group.create_task(work())


def _body(request: request_lib.Request) -> dict:
  turns = [
    {'role': one.role, 'content': one.content} for one in request.messages
  ]
  settings = request.settings
  return {
    'model': _MODEL,
    'messages': turns,
    'temperature': settings.temperature,
    'max_tokens': settings.max_tokens,
  }


def _show(rates: dict[str, list[float]], options) -> None:
  title = (
    f'requests per second: {options.requests:,} requests, '
    f'{options.concurrency} at once, {options.latency * 1000:g} ms, '
    f'{options.rounds} rounds; {machine.named()}'
  )
  table = table_lib.Table(title=title, title_justify='left')
  table.add_column('client')
  for name in ('median', 'min', 'max', 'of aiohttp', 'lowest', 'highest'):
    table.add_column(name, justify='right')
  for name, values in rates.items():
    shares = [own / bare for own, bare in zip(values, rates['aiohttp'])]
    table.add_row(
      name,
      *(f'{pick(values):,.0f}' for pick in (statistics.median, min, max)),
      *(f'{pick(shares):.2f}' for pick in (statistics.median, min, max)),
    )
  rich.print(table)


if __name__ == '__main__':
  main()
