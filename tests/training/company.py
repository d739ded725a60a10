"""A run by several processes on this machine, as a user would start it."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence


class Company:
  """Some processes of an entry, each with the parent that watches over it.

  Args:
    count: how many.
    arguments: of the entry, for each.
    folder: for what they print.
    strike: how the last of them is struck, see `struck`; '' if it is not.
    entry: 'train' or 'evaluate'.
  """

  def __init__(
    self,
    count: int,
    arguments: Sequence[str],
    folder: pathlib.Path,
    strike: str = '',
    entry: str = 'train',
  ):
    plain = (f'distill_jax.{entry}',)
    module = ('tests.training.struck', strike) if strike else plain
    folder.mkdir(parents=True, exist_ok=True)
    self._logs = [folder / f'{index}.log' for index in range(count)]
    address = f'127.0.0.1:{_free_port()}'
    self.processes = []
    for index, log in enumerate(self._logs):
      command = [
        *(sys.executable, '-m', *module, *arguments),
        f'--coordinator_address={address}',
        f'--process_count={count}',
        f'--process_index={index}',
      ]
      with log.open('w') as file:
        self.processes.append(
          subprocess.Popen(
            command,
            stdout=file,
            stderr=file,
            env={**os.environ, 'JAX_PLATFORMS': 'cpu'},
            start_new_session=True,
          )
        )

  def wait(self, seconds: float = 300) -> list[int]:
    """Returns the status of each, when all have ended."""
    end = time.monotonic() + seconds
    return [one.wait(end - time.monotonic()) for one in self.processes]

  def end(self, index: int, seconds: float) -> int:
    """Returns the status of one, which ends within some seconds."""
    return self.processes[index].wait(seconds)

  def kill(self, index: int) -> None:
    """Ends one process of the run at once, its parent too: a lost machine."""
    parent = self.processes[index].pid
    for pid in [*_children(parent), parent]:
      with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)

  def printed(self) -> str:
    """Returns what all of them have printed."""
    return '\n'.join(log.read_text() for log in self._logs)

  def close(self) -> None:
    """Ends what is left."""
    for index, one in enumerate(self.processes):
      if one.poll() is None:
        self.kill(index)
      one.wait()


@contextlib.contextmanager
def started(
  count: int,
  arguments: Sequence[str],
  folder: pathlib.Path,
  strike: str = '',
  entry: str = 'train',
) -> Iterator[Company]:
  """Gives the processes of a run, which do not outlive the block."""
  with contextlib.closing(
    Company(count, arguments, folder, strike, entry)
  ) as company:
    yield company


def done(
  count: int,
  arguments: Sequence[str],
  folder: pathlib.Path,
  entry: str = 'train',
) -> str:
  """Returns what the processes of an entry print, which must end well."""
  with started(count, arguments, folder, entry=entry) as company:
    assert company.wait() == [0] * count, company.printed()
    return company.printed()


def _free_port() -> int:
  with socket.socket() as found:
    found.bind(('127.0.0.1', 0))
    return found.getsockname()[1]


def _children(parent: int) -> list[int]:
  tasks = pathlib.Path(f'/proc/{parent}/task')
  found = [path.read_text().split() for path in tasks.glob('*/children')]
  return [int(pid) for pids in found for pid in pids]
