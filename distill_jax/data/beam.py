"""A cache whose texts are tokenised by Apache Beam, on one machine or many.

Every worker tokenises ranges of rows exactly as the local builder does all of
them, and this process puts the parts together: the cache has the same bytes.
"""

import argparse
import contextlib
import dataclasses
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from typing import IO

from etils import epath

from distill_jax import places
from distill_jax.data import (
  beam_job,
  beam_worker,
  lifeline,
  parts,
  ranges,
  tokenizer,
)
from distill_jax.data import plan as plan_lib

# DirectRunner would first look for a program that it has to download.
_LOCAL = 'apache_beam.runners.portability.fn_api_runner.FnApiRunner'
_DIRECT = 'DirectRunner'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Beam:
  """A `publish.Tokeniser` that hands ranges of rows to workers of Beam.

  Attributes:
    options: of the pipeline, as on Beam's command lines; without a runner
      among them workers are processes of this machine, one for each core.
    folder: local or gs://, seen by all workers, where texts and parts are
      exchanged; None for that of the cache itself, which local workers see.
    rows: of a range.
  """

  options: tuple[str, ...] = ()
  folder: str | None = None
  rows: int = 8192

  def __post_init__(self):
    if self.rows < 1:
      raise ValueError(f'Beam.rows is {self.rows}, expected at least 1.')

  def require(self, folder: pathlib.Path) -> None:
    """Raises a ValueError where the cache `folder` cannot be built here."""
    if importlib.util.find_spec('apache_beam') is None:
      raise ValueError(
        f'apache-beam is not installed to build the token cache {folder}: pip '
        "install 'distill_jax[beam]', or leave out --beam to build it in this "
        'process alone.'
      )
    if self.folder is not None:
      places.place(self.folder)
    if self._is_local:
      tokenizer.require(folder)
      return
    self._require_options()
    if self.folder is None:
      raise ValueError(
        f'Workers of {self._runner} are on other machines, and no folder was '
        'given that they see; give one on gs:// or a shared disk by '
        '--beam_folder=FOLDER.'
      )

  def _require_options(self) -> None:
    """Raises a ValueError where Beam would refuse its options."""
    options = self._all_options
    asked = subprocess.run(
      [sys.executable, '-m', 'distill_jax.data.beam_check', *options],
      env=tokenizer.environment(),
      stdin=subprocess.DEVNULL,
      stdout=subprocess.DEVNULL,
      stderr=subprocess.PIPE,
      check=False,
    )
    if asked.returncode:
      raise ValueError(
        f'Apache Beam refuses {" ".join(options)}: {_last(asked.stderr)}'
      )

  def run(self, plan: plan_lib.Plan, folder: pathlib.Path) -> None:
    """Adds the arrays of ids to a prepared folder.

    Raises:
      ValueError: if a worker or the pipeline failed.
    """
    (folder / beam_worker.BEAM).mkdir()
    cut = {
      split: ranges.cut(folder / split / plan_lib.TEXTS, split, self.rows)
      for split in plan.splits
    }
    with self._exchange(plan, folder) as exchange:
      beam_job.Job(
        exchange=str(exchange),
        options=self._all_options,
        code=beam_worker.own_code(),
        ranges=tuple(one for some in cut.values() for one in some),
      ).write(folder)
      self._work(folder)
      for split, some in cut.items():
        _join(some, exchange, folder / split)
    shutil.rmtree(folder / beam_worker.BEAM)
    (folder / plan_lib.PLAN).unlink(missing_ok=True)

  def __str__(self) -> str:
    words = ' '.join(self.options) or f'{_cores()} workers on this machine'
    way = f', by way of {self.folder}' if self.folder else ''
    return f'Apache Beam, {self.rows:,} rows at a time{way}: {words}'

  @property
  def _runner(self) -> str:
    return self._parsed[0]

  @property
  def _is_local(self) -> bool:
    return self._runner == _LOCAL

  @property
  def _parsed(self) -> tuple[str, list[str]]:
    """The runner, and all other options."""
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    parser.add_argument('--runner', default=_DIRECT)
    known, others = parser.parse_known_args(self.options)
    local = known.runner.lower() in ('direct', _DIRECT.lower())
    return (_LOCAL if local else known.runner), others

  @property
  def _all_options(self) -> tuple[str, ...]:
    """With what the user need not say; of two equal ones the last counts."""
    runner, others = self._parsed
    processes = ()
    if self._is_local:
      processes = (
        '--direct_running_mode=multi_processing',
        f'--direct_num_workers={_cores()}',
      )
    return (f'--runner={runner}', *processes, *others)

  @contextlib.contextmanager
  def _exchange(
    self, plan: plan_lib.Plan, folder: pathlib.Path
  ) -> Iterator[epath.Path]:
    """Gives the folder that workers see, with all that they read."""
    if self.folder is None:
      here = os.path.abspath(plan.vocabulary)
      dataclasses.replace(plan, vocabulary=here).write(folder)
      yield epath.Path(folder.absolute())
      return
    place = places.place(self.folder)
    if not self.folder.startswith('gs://'):
      place = place.absolute()
    exchange = place / f'{folder.name}.{uuid.uuid4().hex}'
    try:
      (exchange / beam_worker.BEAM).mkdir(parents=True)
      vocabulary = epath.Path(plan.vocabulary)
      name = f'{beam_worker.VOCABULARY}/{vocabulary.name}'
      beam_worker.copied(vocabulary, exchange / name)
      dataclasses.replace(plan, vocabulary=name).write(exchange)
      for split in plan.splits:
        (exchange / split).mkdir()
        texts = pathlib.Path(split) / plan_lib.TEXTS
        epath.Path(folder / texts).copy(exchange / texts)
      yield exchange
    finally:
      if exchange.exists():
        exchange.rmtree()

  def _work(self, folder: pathlib.Path) -> None:
    """Returns when every range has its part."""
    with self._log() as log:
      status = lifeline.family(
        [sys.executable, '-m', 'distill_jax.data.beam_pipeline', str(folder)],
        tokenizer.environment(),
        log,
      )
      if status:
        said = beam_job.told(folder) or _last_of(log)
        raise ValueError(f'Apache Beam could not tokenise: {said}')

  @contextlib.contextmanager
  def _log(self) -> Iterator[IO[bytes] | None]:
    """Gives a file for what is said on the way.

    None where jobs run elsewhere: there they say where they are watched.
    """
    if not self._is_local:
      yield None
      return
    with tempfile.TemporaryFile() as log:
      yield log


def _join(
  some: list[ranges.Range], exchange: epath.Path, folder: pathlib.Path
) -> None:
  """Puts the parts of a split together."""
  beam = exchange / beam_worker.BEAM
  found = [(one, parts.place(beam, one)) for one in some]
  plan_lib.write_facts(folder, parts.join(found, folder))
  (folder / plan_lib.TEXTS).unlink()


def _last_of(log: IO[bytes] | None) -> str:
  """Returns the last line of a log."""
  if log is None:
    return 'see above'
  log.seek(0)
  return _last(log.read())


def _last(said: bytes) -> str:
  lines = said.decode(errors='replace').strip().splitlines()
  return lines[-1] if lines else 'it said nothing'


def _cores() -> int:
  """Returns how many cores this process may use."""
  usable = getattr(os, 'sched_getaffinity', None)
  return len(usable(0)) if usable else os.cpu_count() or 1
