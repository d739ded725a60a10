"""TensorBoard's event files."""

import concurrent.futures
import os
import time
from collections.abc import Mapping
from typing import Any

from etils import epath

from distill_jax import places


class Events:
  """Writes scalars for TensorBoard, on a thread of its own.

  The library is loaded there as well: with torch installed that takes seconds,
  in which the run goes on.

  Args:
    folder: of the files.
    step: the step the run goes on from; TensorBoard forgets what came after.
  """

  def __init__(self, folder: epath.Path, step: int):
    self._folder, self._step = folder, step
    self._thread = concurrent.futures.ThreadPoolExecutor(max_workers=1)
    self._file: Any = None
    self._pending: list[concurrent.futures.Future[None]] = []

  def add(self, step: int, values: Mapping[str, float]) -> None:
    """Adds scalars by name.

    Raises:
      OSError: if some before could not be written.
    """
    while self._pending and self._pending[0].done():
      self._pending.pop(0).result()
    self._pending.append(self._thread.submit(self._add, step, dict(values)))

  def _add(self, step: int, values: dict[str, float]) -> None:
    # tensorboardX writes event files without TensorFlow. Its SummaryWriter does
    # so on another thread, which dies unnoticed when the disk is full.
    from tensorboardX import summary

    with places.named(self._folder):
      if self._file is None:
        self._open()
      for name, value in values.items():
        self._write(step=step, summary=summary.scalar(name, value))
      self._file.flush()

  def _open(self) -> None:
    from tensorboardX import event_file_writer
    from tensorboardX.proto import event_pb2

    folder = os.fspath(self._folder)
    event_file_writer.directory_check(folder)
    self._file = event_file_writer.EventsWriter(os.path.join(folder, 'events'))
    if self._step:
      start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
      self._write(step=self._step + 1, session_log=start)

  def _write(self, **fields: Any) -> None:
    from tensorboardX.proto import event_pb2

    event = event_pb2.Event(wall_time=time.time(), **fields)
    self._file.write_event(event)

  def close(self) -> None:
    """Returns when everything is in the files.

    Raises:
      OSError: if something could not be written.
    """
    self._thread.shutdown()
    for one in self._pending:
      one.result()
    if self._file is not None:
      with places.named(self._folder):
        self._file.close()
