"""An OpenAI-compatible HTTP server for tests, in a process of its own.

  with server.serve(latency=0.05, faults={'500': 0.1}) as endpoint:
    ... endpoint.url ...                       # http://127.0.0.1:PORT/v1
    endpoint.count()['accepted']

It goes on counting while its clients are killed, and ends with whoever
started it.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

_CHECKOUT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
  """How the server behaves.

  Attributes:
    latency: seconds before an answer.
    n: what it does with a request for several samples: 'honoured', 'ignored'
      (one comes) or 'refused' (a 400).
    usage: whether an answer says how many tokens it took.
    key: the only bearer key that is let in; None lets in everybody.
    model: the only one that is there; None for any.
    context: tokens that a prompt may have; None for any number.
    reply: module and function `(messages, key) -> text`, see
      `server_replies`; the sample i > 0 of a request has the key 'KEY/i'.
    tokenizer: function `() -> (text -> tokens)`, named likewise.
    script: faults of the first requests in order, '' for none.
    faults: how likely each of `server_faults.FAULTS` is afterwards.
    seed: draws the faults.
    retry_after: seconds that a 429 asks to wait.
    padding: characters in front of what an error repeats of a request.
    keeps: whether it remembers every key; without, its memory stays the same.
  """

  latency: float = 0.0
  n: str = 'honoured'
  usage: bool = True
  key: str | None = None
  model: str | None = None
  context: int | None = None
  reply: str = 'tests.teachers.server_replies:plain'
  tokenizer: str = 'tests.teachers.server_replies:by_length'
  script: tuple[str, ...] = ()
  faults: Mapping[str, float] = dataclasses.field(default_factory=dict)
  seed: int = 0
  retry_after: float = 1
  padding: int = 0
  keeps: bool = True


@dataclasses.dataclass(frozen=True)
class Endpoint:
  """A server that runs.

  Attributes:
    url: what a client takes as `base_url`.
  """

  url: str

  def count(self) -> dict[str, Any]:
    """What it was asked and answered so far, see `server_count.Count`."""
    address = self.url.removesuffix('/v1') + '/count'
    with urllib.request.urlopen(address) as answer:
      return json.load(answer)


@contextlib.contextmanager
def serve(**options: Any) -> Iterator[Endpoint]:
  """A server with these options (`Options`), until the block ends."""
  said = json.dumps(dataclasses.asdict(Options(**options)))
  process = subprocess.Popen(
    [sys.executable, '-m', 'tests.teachers.server', said],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    cwd=_CHECKOUT,
    text=True,
  )
  try:
    port = process.stdout.readline().strip()
    if not port:
      raise RuntimeError('the test server did not start')
    yield Endpoint(url=f'http://127.0.0.1:{port}/v1')
  finally:
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def _main() -> None:
  from tests.teachers import server_app

  options = Options(**json.loads(sys.argv[1]))
  threading.Thread(target=_end_with_parent, daemon=True).start()
  app = server_app.application(options)
  with socket.create_server(('127.0.0.1', 0), backlog=1024) as listening:
    print(listening.getsockname()[1], flush=True)
    web.run_app(app, sock=listening, print=None, access_log=None)


def _end_with_parent() -> None:
  sys.stdin.read()
  os._exit(0)


if __name__ == '__main__':
  _main()
