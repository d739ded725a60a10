"""A chat endpoint that takes as little of the machine as it can.

  python -m benchmarks.fast_server --latency=0.05

It prints its port. Every request gets the same completion after the same time,
and no more of it is read than its length; where `n` is asked for, one sample
comes back all the same.
"""

import argparse
import asyncio
import contextlib
import json
import pathlib
import subprocess
import sys
from collections.abc import Iterator

_CHECKOUT = pathlib.Path(__file__).resolve().parents[1]
_LENGTH = b'content-length:'

_TEXT = (
  '<Explanation>: Tom shares 84 apples among 2 friends, so we divide: 84 / 2. '
  '<Answer>: ( 84 / 2 )'
)
_BODY = json.dumps(
  {
    'id': 'chatcmpl-0',
    'object': 'chat.completion',
    'created': 0,
    'model': 'fast',
    'choices': [
      {
        'index': 0,
        'message': {'role': 'assistant', 'content': _TEXT},
        'finish_reason': 'stop',
      }
    ],
    'usage': {
      'prompt_tokens': 300,
      'completion_tokens': 40,
      'total_tokens': 340,
    },
  }
).encode()
_ANSWER = (
  b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
  b'Content-Length: %d\r\n\r\n%s' % (len(_BODY), _BODY)
)


@contextlib.contextmanager
def serve(latency: float) -> Iterator[str]:
  """The address of a server in a process of its own, until the block ends."""
  process = subprocess.Popen(
    [sys.executable, '-m', 'benchmarks.fast_server', f'--latency={latency}'],
    stdout=subprocess.PIPE,
    cwd=_CHECKOUT,
    text=True,
  )
  try:
    yield f'http://127.0.0.1:{int(process.stdout.readline())}/v1'
  finally:
    process.kill()
    process.wait()
    process.stdout.close()


class _Answering(asyncio.Protocol):
  """One connection, whose requests come one after another."""

  def __init__(self, latency: float):
    self._latency = latency
    self._loop = asyncio.get_running_loop()
    self._transport: asyncio.Transport
    self._read = b''

  def connection_made(self, transport):
    self._transport = transport

  def data_received(self, data):
    self._read += data
    end = self._read.find(b'\r\n\r\n')
    if end < 0:
      return
    head = self._read[:end].lower()
    at = head.find(_LENGTH)
    length = int(head[at:].split(b'\r\n', 1)[0][len(_LENGTH) :])
    if len(self._read) >= end + 4 + length:
      self._read = b''
      self._loop.call_later(self._latency, self._answer)

  def _answer(self):
    if not self._transport.is_closing():
      self._transport.write(_ANSWER)


async def _main() -> None:
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--latency', type=float, default=0.05)
  latency = parser.parse_args().latency
  server = await asyncio.get_running_loop().create_server(
    lambda: _Answering(latency), '127.0.0.1', 0, backlog=1024
  )
  print(server.sockets[0].getsockname()[1], flush=True)
  await server.serve_forever()


if __name__ == '__main__':
  asyncio.run(_main())
