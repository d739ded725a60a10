"""Where a student's first parameters come from."""

import dataclasses
from typing import Any, Protocol

import jax
from etils import epath

from distill_jax.training import checkpoints, partition


class Initial(Protocol):
  """A source of a student's first parameters."""

  def check(self) -> None:
    """Raises ValueError if the parameters cannot be had."""
    ...

  def params(
    self, mesh: jax.sharding.Mesh, student: partition.Network, rng: jax.Array
  ) -> Any:
    """Returns the parameters, each where it will live."""
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class FromScratch:
  """Random parameters."""

  def check(self) -> None:
    """Nothing is needed."""

  def params(
    self, mesh: jax.sharding.Mesh, student: partition.Network, rng: jax.Array
  ) -> Any:
    """Returns fresh parameters."""
    return partition.init_parameters(mesh, student, rng)


@dataclasses.dataclass(frozen=True, kw_only=True)
class FromRun:
  """The best student of another run of the same sizes.

  Attributes:
    path: that run's folder.
  """

  path: str | None

  def check(self) -> None:
    """Raises ValueError if no path is given or nothing is there."""
    _check('INITIAL_CHECKPOINT', self.path)

  def params(
    self, mesh: jax.sharding.Mesh, student: partition.Network, rng: jax.Array
  ) -> Any:
    """Returns the parameters of that run's best student."""
    folder = _check('INITIAL_CHECKPOINT', self.path)
    like = partition.abstract_parameters(mesh, student)
    return best_student(folder, like)[1]


@dataclasses.dataclass(frozen=True, kw_only=True)
class EncoderFromRun:
  """The encoder of another run's best student, under a fresh head.

  So a discriminator starts from a trained T5 encoder.

  Attributes:
    path: that run's folder.
  """

  path: str | None

  def check(self) -> None:
    """Raises ValueError if no path is given or nothing is there."""
    _check('CRITIC_INITIAL_CHECKPOINT', self.path)

  def params(
    self, mesh: jax.sharding.Mesh, network: partition.Network, rng: jax.Array
  ) -> Any:
    """Returns fresh parameters whose `encoder` is that of the student."""
    folder = _check('CRITIC_INITIAL_CHECKPOINT', self.path)
    params = partition.init_parameters(mesh, network, rng)
    return {**params, 'encoder': best_student(folder, params['encoder'])[1]}


def _check(macro: str, path: str | None) -> epath.Path:
  """Returns the folder of a run that has a best student."""
  if not path:
    raise ValueError(
      'This run starts from trained parameters and none are given; name the '
      f'folder of a run by --gin.{macro}=/path/to/run.'
    )
  folder = epath.Path(path).expanduser()
  if not (folder / 'best').is_dir():
    raise ValueError(
      f'{macro}={path} holds no best/ folder with a student; '
      'expected the MODEL_DIR of a finished run.'
    )
  return folder


def best_student(folder: epath.Path, like: Any) -> tuple[int, Any]:
  """Returns (step, parameters) of the best student of a run.

  Args:
    folder: the run's folder.
    like: shapes and places of the parameters; parts of the student that are
      missing here are not read.

  Raises:
    ValueError: if the run has none yet, or one of another shape.
  """
  store = checkpoints.Store(folder / 'best')
  try:
    steps = store.steps()
    if not steps:
      raise ValueError(
        f'{folder} has no best student yet; the run has not been validated.'
      )
    return steps[-1], store.load_part(steps[-1], {'student': like})['student']
  finally:
    store.close()
