"""TensorBoard's event files."""

import concurrent.futures
import os
from collections.abc import Mapping
from typing import Any

from etils import epath


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
    self._writer: Any = None
    self._last: concurrent.futures.Future[None] | None = None

  def add(self, step: int, values: Mapping[str, float]) -> None:
    """Adds scalars by name.

    Raises:
      OSError: if those before could not be written.
    """
    if self._last and self._last.done():
      self._last.result()
    self._last = self._thread.submit(self._add, step, dict(values))

  def _add(self, step: int, values: dict[str, float]) -> None:
    if self._writer is None:
      # tensorboardX writes event files without TensorFlow.
      import tensorboardX

      purged = self._step + 1 if self._step else None
      self._writer = tensorboardX.SummaryWriter(
        os.fspath(self._folder), purge_step=purged
      )
    for name, value in values.items():
      self._writer.add_scalar(name, value, step)

  def close(self) -> None:
    """Returns when everything is in the files.

    Raises:
      OSError: if something could not be written.
    """
    self._thread.shutdown()
    if self._writer is not None:
      self._writer.close()
    if self._last:
      self._last.result()
