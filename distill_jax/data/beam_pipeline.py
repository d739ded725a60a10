"""Runs a pipeline of Apache Beam that tokenises.

`beam` starts it in a process of its own, which leads the group that its local
workers belong to.
"""

import functools
import logging
import os
import pathlib
import re
import signal
import sys
import threading
import time

import apache_beam
from apache_beam.options import pipeline_options
from etils import epath

from distill_jax.data import beam_job, beam_worker, lifeline

_STEP = 'Tokenise'
_MOMENT = 0.5  # seconds in which told workers end


def main() -> None:
  """Runs the job that the folder of the first argument holds."""
  logging.basicConfig(level=logging.INFO)  # such as where to watch a job
  folder = pathlib.Path(sys.argv[1])
  pipeline = _Pipeline(beam_job.Job.read(folder))
  # Workers begin with the signal's usual meaning; this process ends the last.
  signal.signal(signal.SIGTERM, lambda *_: None)
  lifeline.follow(folder, pipeline.stop)
  try:
    pipeline.run()
  except Exception as error:
    pipeline.wait_if_stopped()
    beam_job.tell(folder, _sentence(error))
    sys.exit(1)


class _Pipeline:
  """A job on its way, which another thread may stop."""

  def __init__(self, job: beam_job.Job):
    self._job = job
    self._result = None
    self._stopped = threading.Event()

  def run(self) -> None:
    """Returns when every range has its part."""
    options = pipeline_options.PipelineOptions(list(self._job.options))
    pipeline = apache_beam.Pipeline(options=options)
    tokenise = functools.partial(
      beam_worker.tokenise,
      exchange=self._job.exchange,
      code=self._job.code,
    )
    _ = (
      pipeline
      | 'Ranges' >> apache_beam.Create(self._job.ranges)
      | 'Spread' >> apache_beam.Reshuffle()  # or one worker has them all
      | _STEP >> apache_beam.Map(tokenise)
    )
    self._result = pipeline.run()
    self._result.wait_until_finish()

  def stop(self) -> None:
    """Ends workers: those of this group, and elsewhere with their job."""
    self._stopped.set()
    os.killpg(0, signal.SIGTERM)
    time.sleep(_MOMENT)
    try:
      if self._result:
        self._result.cancel()
    finally:
      epath.Path(self._job.exchange).rmtree(missing_ok=True)

  def wait_if_stopped(self) -> None:
    """Leaves the end of this process to who stops it."""
    if self._stopped.is_set():
      threading.Event().wait()


def _sentence(error: Exception) -> str:
  """Returns what a worker said last, without the way it came."""
  lines = [line.strip() for line in str(error).splitlines() if line.strip()]
  told = [line for line in lines if f"[while running '{_STEP}" in line]
  said = (told or lines or [type(error).__name__])[-1]
  return re.sub(r"\s*\[while running '.*", '', said)


if __name__ == '__main__':
  main()
