"""The journal beside running requests, which share their waits for the disk."""

import asyncio
import concurrent.futures
from collections.abc import Sequence

from distill_jax.teachers import journal as journal_lib
from distill_jax.teachers import request as request_lib


class Recorder:
  """Reads and writes a journal in a thread of its own.

  What arrives while the disk is busy is written together next.
  """

  def __init__(self, journal: journal_lib.Journal):
    self._journal = journal
    self._thread = concurrent.futures.ThreadPoolExecutor(1)
    self._waiting: list[tuple[Sequence[journal_lib.Entry], asyncio.Future]] = []
    self._writing: asyncio.Task | None = None

  async def find(self, keys: Sequence[str]) -> dict[str, request_lib.Reply]:
    """The samples that are there, by key."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(self._thread, self._journal.find, keys)

  async def add(self, entries: Sequence[journal_lib.Entry]) -> None:
    """Returns when the samples are on the disk.

    Raises:
      sqlite3.Error: they cannot be written.
    """
    written = asyncio.get_running_loop().create_future()
    self._waiting.append((entries, written))
    if self._writing is None or self._writing.done():
      self._writing = asyncio.create_task(self._write())
    await written

  async def close(self) -> None:
    """Writes what still waits."""
    if self._writing is not None:
      await asyncio.wait([self._writing])
    self._thread.shutdown()

  async def _write(self) -> None:
    """Writes until nothing waits."""
    loop = asyncio.get_running_loop()
    while self._waiting:
      batch, self._waiting = self._waiting, []
      entries = [entry for some, _ in batch for entry in some]
      write = loop.run_in_executor(self._thread, self._journal.add, entries)
      (error,) = await asyncio.gather(write, return_exceptions=True)
      for _, written in batch:
        if written.done():  # who waited was cancelled
          continue
        if isinstance(error, BaseException):
          written.set_exception(error)
        else:
          written.set_result(None)
