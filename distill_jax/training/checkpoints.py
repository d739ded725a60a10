"""Checkpoints on disk; the only home of orbax.

A checkpoint becomes visible only when it is whole: orbax writes it aside and
renames it, or marks it as committed on an object store.
"""

import contextlib
import dataclasses
import errno
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from etils import epath
from orbax.checkpoint import v1 as ocp

from distill_jax import processes
from distill_jax.training import checksums, quiet, trees

_log = logging.getLogger(__name__)
_SPARED = 16 * 2**20  # bytes under way beside the largest array
_WANTING = (errno.ENOMEM, errno.EMFILE, errno.ENFILE)
_Read = TypeVar('_Read')
_writers: list['Store'] = []  # that may still be writing


class DamagedError(ValueError):
  """A checkpoint cannot be read, whatever it should be read as."""


def holds_any(folder: epath.Path) -> bool:
  """Returns whether a folder holds a numbered checkpoint; makes nothing."""
  return folder.is_dir() and any(p.name.isdigit() for p in folder.iterdir())


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checkpoints:
  """How often a run is saved, and how many checkpoints are kept.

  Attributes:
    every_steps: steps from one checkpoint to the next.
    every_seconds: a checkpoint is due after this time as well, so that a slow
      run that is often killed still moves.
    keep: newest checkpoints that are kept.
  """

  every_steps: int = 1000
  every_seconds: float = 600.0
  keep: int = 2

  def __post_init__(self):
    if self.every_steps < 1 or self.every_seconds <= 0 or self.keep < 1:
      raise ValueError(
        f'Checkpoints: every_steps is {self.every_steps}, every_seconds '
        f'{self.every_seconds} and keep {self.keep}; all must be positive.'
      )


class Store:
  """The numbered checkpoints of one folder.

  Args:
    folder: local, absolute or not, or `gs://`.
    keep: newest checkpoints that are kept; None to read only. Of those who
      have a folder open at once, one may write.
  """

  def __init__(self, folder: epath.Path, keep: int | None = None):
    self._folder = _absolute(folder)
    self._keep = keep
    quiet.mute_orbax()
    self._checkpointer = self._opened()
    self._pending = None
    self._begun = None  # step that was written last

  def _opened(self) -> ocp.training.Checkpointer:
    """Opens the folder, without those checkpoints that prevent it."""
    opened = self._try_to_open()
    if opened:
      return opened
    # One process looks for all: what it moves, others would not see any more.
    steps, damaged = processes.led(lambda: [self._numbers(), self._illegible()])
    if self._keep and len(damaged) < len(steps):
      for step in damaged:
        self._move_aside(step, self._damage(step))
      opened = self._try_to_open()
    if opened:
      return opened
    if damaged:
      raise self._damage(damaged[-1])
    raise OSError(f'The checkpoints in {self._folder} cannot be listed.')

  def _try_to_open(self) -> ocp.training.Checkpointer | None:
    """Returns None where orbax refuses the folder, on any process."""
    policies = ocp.training.preservation_policies
    keep, opened = self._keep, None
    with quiet.quiet():
      try:
        opened = ocp.training.Checkpointer(
          self._folder,
          preservation_policy=policies.LatestN(keep) if keep else None,
          # What a killed writer left behind, unless it may still be writing.
          cleanup_tmp_directories=keep is not None,
        )
      except Exception:  # orbax has no common ancestor of its errors
        _log.debug('%s cannot be opened', self._folder, exc_info=True)
    return None if processes.anywhere(opened is None) else opened

  def _numbers(self) -> list[int]:
    names = [path.name for path in self._folder.iterdir()]
    return sorted(int(name) for name in names if name.isdigit())

  def _illegible(self) -> list[int]:
    """Returns the steps that orbax cannot say anything of."""
    found = []
    with quiet.quiet():
      for step in self._numbers():
        try:
          ocp.metadata(self._folder / str(step))
        except Exception:
          found.append(step)
    return found

  def steps(self) -> list[int]:
    """Returns the steps of all whole checkpoints, oldest first."""
    return sorted(found.step for found in self._checkpointer.checkpoints)

  def save(
    self, step: int, tree: Any, facts: Mapping[str, Any] | None = None
  ) -> None:
    """Writes `tree` in the background; an earlier write is awaited first.

    Args:
      step: its number; an existing checkpoint of that number is kept as it is.
      tree: a tree of arrays, none of size 0.
      facts: JSON kept beside it.

    Raises:
      OSError: if this one or the one before cannot be written.
    """
    self.wait()
    if processes.several():
      # orbax lets processes meet under one name, whichever folder it is for.
      for other in list(_writers):
        other.wait()
    if step in self.steps():
      return
    tree = jax.tree.map(jnp.asarray, tree)
    said = checksums.sealed(facts or {}, tree)
    self._begun = step
    with self._writing():
      self._pending = self._checkpointer.save_async(
        step, tree, force=True, custom_metadata=said
      )
    _writers.append(self)

  def wait(self) -> None:
    """Returns when everything is on disk.

    Raises:
      OSError: if it cannot be written.
    """
    if self._pending is None:
      return
    pending, self._pending = self._pending, None
    _writers.remove(self)
    with self._writing():
      pending.result()

  def close(self) -> None:
    """Waits and lets the folder go.

    Raises:
      OSError: if what was being written cannot be.
    """
    try:
      self.wait()
    finally:
      with self._writing():  # orbax raises what went wrong a second time
        self._checkpointer.close()

  @contextlib.contextmanager
  def _writing(self) -> Iterator[None]:
    """Says in one sentence why a checkpoint could not be written."""
    try:
      yield
    except Exception as error:  # orbax has no common ancestor of its errors
      quiet.ignore_stragglers()
      raise OSError(
        f'The checkpoint {self._folder / str(self._begun)} cannot be written: '
        f'{_reason(error)}; those before it are kept.'
      ) from error

  def shapes(self, step: int) -> Any:
    """Returns a checkpoint's tree with shape and dtype in each array's place.

    Raises:
      DamagedError: if it cannot be read.
    """
    shapes, _, _ = self._described(step)
    return shapes

  def facts(self, step: int) -> dict[str, Any]:
    """Returns what was kept beside a checkpoint.

    Raises:
      DamagedError: if it cannot be read.
    """
    _, facts, _ = self._described(step)
    return facts

  def _described(self, step: int) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Returns the shapes of a checkpoint, its facts and its checksums."""

    def read() -> tuple[Any, dict[str, Any], dict[str, Any]]:
      found = self._checkpointer.metadata(step)
      facts, sums = checksums.opened(found.custom_metadata, found.metadata)
      return found.metadata, facts, sums

    return self._read(step, read)

  def load(self, step: int, like: Any) -> Any:
    """Returns a checkpoint's tree in the shapes and places of `like`.

    Raises:
      DamagedError: if it cannot be read.
      ValueError: if it holds other arrays.
    """
    return self._load(step, like, partial=False)

  def load_part(self, step: int, like: Any) -> Any:
    """Returns those arrays of a checkpoint that `like` names; see `load`."""
    return self._load(step, like, partial=True)

  def _load(self, step: int, like: Any, partial: bool) -> Any:
    abstract = jax.tree.map(_abstract, like)
    stored, _, sums = self._described(step)
    self._check_sizes(step, trees.differences(stored, abstract, partial))
    written = _of_kinds(abstract, trees.leaves(stored))
    context = ocp.Context()
    context.pytree.loading.partial_load = partial
    with context:
      tree = self._read(step, lambda: self._checkpointer.load(step, written))
    self._read(step, lambda: checksums.check(tree, sums))
    return jax.tree.map(lambda x, to: x.astype(to.dtype), tree, abstract)

  def _check_sizes(self, step: int, differences: list[str]) -> None:
    if not differences:
      return
    more = '; ...' if len(differences) > 2 else ''
    raise ValueError(
      f'The checkpoint {self._folder / str(step)} has other sizes than this '
      f'run ({"; ".join(differences[:2])}{more}); give a checkpoint of the '
      'same sizes, or set the sizes of the model to those.'
    )

  def _read(self, step: int, read: Callable[[], _Read]) -> _Read:
    """Returns what `read` returns, or says in one sentence that it cannot.

    Of several processes each reads its part; what one cannot read, none has.
    Where the machine is to blame, what it says is raised as it is.
    """
    found, failed = None, False
    with quiet.quiet():
      try:
        found = read()
      except Exception as error:  # orbax has no common ancestor of its errors
        if wanting := _of_machine(error):
          raise wanting from None
        failed = True
        _log.debug('The checkpoint %d cannot be read', step, exc_info=True)
    if not processes.anywhere(failed):
      return found
    quiet.ignore_stragglers()
    raise self._damage(step)

  def _damage(self, step: int) -> DamagedError:
    return DamagedError(
      f'The checkpoint {self._folder / str(step)} cannot be read: its files '
      'are damaged or missing.'
    )

  def load_newest(
    self, like: Callable[[int], Any]
  ) -> tuple[int, Any, dict[str, Any]] | None:
    """Returns (step, tree, facts) of the newest checkpoint that can be read.

    Damaged ones after it are set aside. None if there is no checkpoint at all.

    Args:
      like: from a step to a tree of the shapes and places to load into.

    Raises:
      DamagedError: if there are checkpoints and none can be read.
      ValueError: if one holds other arrays than `like`.
    """
    damaged: dict[int, DamagedError] = {}
    for step in reversed(self.steps()):
      tree = like(step)
      try:
        found = step, self.load(step, tree), self.facts(step)
      except DamagedError as error:
        damaged[step] = error
        continue
      # Only now: where none can be read, the disk may be to blame.
      for other, error in damaged.items():
        self.set_aside(other, error)
      return found
    if not damaged:
      return None
    newest = damaged[max(damaged)]
    raise DamagedError(
      f'{newest} No other checkpoint of {self._folder} can be read either; '
      'give another MODEL_DIR to begin anew.'
    )

  def set_aside(self, step: int, error: DamagedError) -> None:
    """Moves a checkpoint into `damaged/` beside the folder, with a warning."""
    self._move_aside(step, error)
    self._checkpointer.reload()

  def _move_aside(self, step: int, error: DamagedError) -> None:
    aside = self._folder.parent / 'damaged'
    target = aside / f'{self._folder.name}-{step}'
    _log.warning('%s It is set aside as %s.', error, target)

    def move() -> None:
      aside.mkdir(parents=True, exist_ok=True)
      if target.exists():
        target.rmtree()
      (self._folder / str(step)).rename(target)

    processes.led(move)


@contextlib.contextmanager
def opened(folder: epath.Path, keep: int | None = None) -> Iterator[Store]:
  """Gives the store of a folder and closes it at the end; see `Store`."""
  store = Store(folder, keep)
  try:
    yield store
  finally:
    store.close()


@contextlib.contextmanager
def sparing(largest: int) -> Iterator[None]:
  """Lets what is saved within take little memory beside its arrays.

  orbax would hold a second copy of all of them, compressed.

  Args:
    largest: bytes of the largest array.
  """
  context = ocp.Context()
  context.array.saving.use_compression = False
  # An array that is not below the limit is refused.
  context.memory.write_concurrent_bytes = largest + _SPARED
  context.memory.transfer_concurrent_bytes = largest + _SPARED
  with context:
    yield


def _of_kinds(like: Any, stored: Mapping[str, Any]) -> Any:
  """Returns a tree of shapes with the dtypes of what is stored by name."""
  return jax.tree_util.tree_map_with_path(
    lambda path, leaf: jax.ShapeDtypeStruct(
      leaf.shape, stored[trees.name_of(path)].dtype, sharding=leaf.sharding
    ),
    like,
  )


def _absolute(folder: epath.Path) -> epath.Path:
  """Returns the folder as orbax takes it."""
  path = os.fspath(folder)
  return folder if '://' in path else epath.Path(os.path.abspath(path))


def _reason(error: BaseException) -> str:
  while error.__cause__ is not None:  # what orbax puts around it says less
    error = error.__cause__
  line = str(error).strip().split('\n')[0] or type(error).__name__
  if len(line) > 200:  # paths stand between what failed and why
    line = f'{line[:100]} ... {line[-95:]}'
  return line.rstrip('.')


def _of_machine(error: BaseException | None) -> BaseException | None:
  """Returns the error or the cause of it that says nothing of the files."""
  while error is not None:
    wanting = isinstance(error, OSError) and error.errno in _WANTING
    full = isinstance(error, jax.errors.JaxRuntimeError)
    full = full and str(error).startswith('RESOURCE_EXHAUSTED')
    if wanting or full or isinstance(error, MemoryError | PermissionError):
      return error
    error = error.__cause__ or error.__context__
  return None


def _abstract(leaf: Any) -> jax.ShapeDtypeStruct:
  leaf = leaf if isinstance(leaf, jax.ShapeDtypeStruct) else jnp.asarray(leaf)
  return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=leaf.sharding)
