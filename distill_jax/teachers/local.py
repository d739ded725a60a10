"""A teacher that is a student of one's own, in this process and for nothing.

The folder of any run will do: of one that was trained, or of one without
phases, which only holds what its `INITIAL_CHECKPOINT` brought along.
"""

import contextlib
import dataclasses
import functools
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import ClassVar

from etils import epath

from distill_jax.teachers import batches
from distill_jax.training import answering, best, checkpoints, finished
from distill_jax.training import run as run_lib

_CHUNK = 1 << 22  # bytes read at once
_DIGITS = 12  # of the digest
_STUDENT = 'student'


@dataclasses.dataclass(frozen=True, kw_only=True)
class LocalStudent:
  """The best student of a run.

  It reads the turns of a conversation as one text, joined by blank lines. A
  prompt longer than the run's `Lengths.inputs` is refused, never cut.
  `Settings` without a temperature, or with 0, make it write greedily; of other
  settings it knows `top_k`. `top_p` holds among the 1,000 likeliest tokens.

  Attributes:
    model_dir: folder of the run.
    batch_size: texts that are written at once; as many as requests may be
      under way, or more where each asks for several samples.
    run: of that folder; the entries of the command line read it.
  """

  place: ClassVar[str] = ''

  model_dir: str
  batch_size: int = 16
  run: run_lib.Run | None = None

  def __post_init__(self):
    if self.batch_size < 1:
      raise ValueError(
        f'LocalStudent.batch_size is {self.batch_size}, expected at least 1.'
      )

  def loaded(self, load: Callable[[str], run_lib.Run]) -> 'LocalStudent':
    """The same with its run.

    Args:
      load: gives the run of a folder.
    """
    return dataclasses.replace(self, run=load(self.model_dir))

  @functools.cached_property
  def model(self) -> str:
    """Folder and step, and a digest of configuration and parameters.

    So another training is another model, and a copy of the folder is not.
    """
    with checkpoints.opened(self._folder / best.FOLDER) as store:
      step = best.newest(self._folder, store, _STUDENT)
    digest = hashlib.sha256()
    config = self._folder / 'config.gin'
    for path in (config, *_files(self._folder / best.FOLDER / str(step))):
      digest.update(f'{path.relative_to(self._folder)}\n'.encode())
      with path.open('rb') as file:
        while chunk := file.read(_CHUNK):
          digest.update(chunk)
    return f'{self._folder.name}@{step}-{digest.hexdigest()[:_DIGITS]}'

  def check(self) -> None:
    """As `Teacher.check`: the folder holds a student.

    Raises:
      ValueError: it holds none.
    """
    if not finished.is_finished(self._folder):
      raise ValueError(
        f'LocalStudent.model_dir is {self.model_dir!r}, which holds no best '
        'student; give the folder of a run, train it first, or bring a '
        'checkpoint into one by a run without phases'
      )

  @contextlib.asynccontextmanager
  async def session(self) -> AsyncIterator[batches.Batches]:
    """As `Teacher.session`: the student in memory, and a thread to write in.

    Raises:
      ValueError: there is no student.
    """
    if self.run is None:
      raise ValueError('LocalStudent.run is None; call loaded() first.')
    decoder, _, params = answering.best(self.run)
    decoder = dataclasses.replace(decoder, batch_size=self.batch_size)
    with contextlib.closing(
      batches.Batches(decoder, params, self.model)
    ) as session:
      yield session

  @property
  def _folder(self) -> epath.Path:
    return epath.Path(self.model_dir).expanduser()


def _files(folder: epath.Path) -> Iterator[epath.Path]:
  """The files below a folder, in an order that is always the same."""
  for path in sorted(folder.iterdir(), key=lambda path: path.name):
    if path.is_dir():
      yield from _files(path)
    else:
      yield path
