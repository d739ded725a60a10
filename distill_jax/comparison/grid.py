"""Which runs a comparison consists of."""

import dataclasses
import itertools
import pathlib
import re
import string
from collections.abc import Callable, Iterator

from distill_jax.rationales import dataset

_RUN = re.compile(r'\{run:([^}]+)\}')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
  """One method, or one setting of it, as a row of the table.

  Attributes:
    name: in the table.
    gin_files: of `train`, in order; a later one overrides. `{size}` stands for
      the comparison's size: 'dss_{size}.gin'.
    bindings: as on its command line, without `--gin.`: 'STEPS=500'. `{run:A}`
      stands for the folder of the run of row A with the same seed and share,
      which is made before: 'INITIAL_CHECKPOINT={run:A}'.
    shared: groups of bindings that several rows have; those above override.
  """

  name: str
  gin_files: tuple[str, ...]
  bindings: tuple[str, ...] = ()
  shared: tuple[tuple[str, ...], ...] = ()

  def __post_init__(self):
    if not self.name or not self.gin_files:
      raise ValueError(
        f'Row {self.name!r} needs a name and at least one gin file.'
      )
    for binding in self._every_binding:
      key, equals, value = binding.partition('=')
      if not (key and equals and value):
        raise ValueError(
          f'Row {self.name!r}: the binding {binding!r} is not of the form '
          'NAME=value.'
        )

  @property
  def needs(self) -> tuple[str, ...]:
    """The names of the rows whose runs it builds on."""
    found = (_RUN.findall(binding) for binding in self._every_binding)
    return tuple(dict.fromkeys(itertools.chain.from_iterable(found)))

  def bound(self, folder: Callable[[str], object]) -> tuple[str, ...]:
    """Returns the bindings with the folders of other rows' runs.

    Args:
      folder: from the name of a row to that of its run.
    """
    named = lambda found: str(folder(found[1]))
    return tuple(_RUN.sub(named, binding) for binding in self._every_binding)

  @property
  def _every_binding(self) -> tuple[str, ...]:
    return *itertools.chain.from_iterable(self.shared), *self.bindings


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
  """One run of a comparison.

  Attributes:
    row: the method.
    share: of the training data; None where it is not varied.
    seed: of the run.
    folder: its MODEL_DIR.
    arguments: of `train`.
    splits: that are answered beside the test splits.
    needs: folders of the runs that it builds on.
    reported: whether the table has its row.
    config: digest of what its gin files come to; empty if nobody asked.
  """

  row: str
  share: float | None
  seed: int
  folder: pathlib.Path
  arguments: tuple[str, ...]
  splits: tuple[str, ...] = ()
  needs: tuple[pathlib.Path, ...] = ()
  reported: bool = True
  config: str = ''

  def commands(self) -> Iterator[tuple[str, ...]]:
    """Gives the modules to run, with their arguments, in order."""
    yield 'distill_jax.train', *self.arguments
    for split in self.splits:
      model_dir = f'--model_dir={self.folder}'
      yield 'distill_jax.evaluate', model_dir, f'--split={split}'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
  """Methods times seeds, and times shares of the data where they vary.

  Attributes:
    results_dir: folder that receives the runs and the tables.
    rows: the methods.
    baseline: name of the row that the others are tested against.
    before: rows of which no table tells, such as the reranker that others use.
    seeds: of every row, the same for all.
    shares: of the training data, in (0, 1], bound as SHARE; none to leave it
      alone.
    size: of the run files, 'tiny' or 't5base'.
    gin_files: of every run, after those of its row.
    bindings: of every run, before those of its row.
    splits: that are reported; none for all test splits. Settings are chosen
      on ('validation',).
    at_once: runs that are under way at the same time; on an accelerator 1.
  """

  results_dir: str
  rows: tuple[Row, ...]
  baseline: str
  before: tuple[Row, ...] = ()
  seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
  shares: tuple[float, ...] = ()
  size: str = 't5base'
  gin_files: tuple[str, ...] = ()
  bindings: tuple[str, ...] = ()
  splits: tuple[str, ...] = ()
  at_once: int = 1

  def __post_init__(self):
    self._check_rows()
    self._check_shares()
    if not self.seeds or len(set(self.seeds)) < len(self.seeds):
      raise ValueError(
        f'Comparison.seeds is {self.seeds}, expected at least one and none '
        'twice.'
      )
    if '://' in self.results_dir:
      raise ValueError(
        f'Comparison.results_dir is {self.results_dir!r}, expected a local '
        'folder: a comparison waits for its runs on this machine.'
      )
    if self.at_once < 1:
      raise ValueError(
        f'Comparison.at_once is {self.at_once}, expected at least 1.'
      )

  def _check_rows(self) -> None:
    names = [row.name for row in self.rows]
    if self.baseline not in names:
      raise ValueError(
        f'Comparison.baseline is {self.baseline!r}, expected one of '
        f'{", ".join(names)}.'
      )
    names = [row.name for row in self.every_row]
    folders = [_slug(name) for name in names]
    if len(set(folders)) < len(folders):
      raise ValueError(
        f'Comparison.rows are called {", ".join(names)}, expected names that '
        'differ in letters or digits.'
      )
    ours = {'SEED', 'MODEL_DIR', *(['SHARE'] if self.shares else [])}
    for number, row in enumerate(self.every_row):
      late = set(row.needs) - set(names[:number])
      if late:
        raise ValueError(
          f'Row {row.name!r} builds on the run of {min(late)!r}, expected one '
          f'of the rows before it: {", ".join(names[:number]) or "none"}.'
        )
      bound = row.bound(str)
      taken = ours & {binding.partition('=')[0] for binding in bound}
      if taken:
        raise ValueError(
          f'Row {row.name!r} binds {min(taken)}, which the comparison binds '
          'itself; set its seeds, shares or results_dir.'
        )

  def _check_shares(self) -> None:
    if not all(0 < share <= 1 for share in self.shares):
      raise ValueError(
        f'Comparison.shares is {self.shares}, expected numbers in (0, 1].'
      )
    if len({_of_share(share) for share in self.shares}) < len(self.shares):
      raise ValueError(
        f'Comparison.shares is {self.shares}, expected none twice, in six '
        'digits.'
      )

  @property
  def folder(self) -> pathlib.Path:
    """The folder that receives the runs and the tables."""
    return pathlib.Path(self.results_dir).expanduser()

  @property
  def every_row(self) -> tuple[Row, ...]:
    """Those of the table behind those of which it does not tell."""
    return *self.before, *self.rows

  def reports(self, split: str) -> bool:
    """Returns whether a split is part of the table."""
    return split in self.splits if self.splits else split not in dataset.SEEN

  def files(self, row: Row) -> tuple[str, ...]:
    """Returns the gin files of a row's runs."""
    named = (file.replace('{size}', self.size) for file in row.gin_files)
    return *named, *self.gin_files

  def cells(self) -> Iterator[Cell]:
    """Gives the runs: all rows of the first seed, then of the next."""
    for seed in self.seeds:
      for share in self.shares or (None,):
        for row in self.every_row:
          yield self._cell(row, share, seed)

  def _cell(self, row: Row, share: float | None, seed: int) -> Cell:
    part = '' if share is None else _of_share(share)
    place = lambda name: (
      self.folder / 'runs' / _slug(name) / part / f'seed_{seed}'
    )
    folder, reported = place(row.name), row in self.rows
    bindings = [*self.bindings, *row.bound(place), f'SEED={seed}']
    bindings += [] if share is None else [f'SHARE={share}']
    return Cell(
      row=row.name,
      share=share,
      seed=seed,
      folder=folder,
      arguments=(
        *(f'--gin_file={file}' for file in self.files(row)),
        *(f'--gin.{binding}' for binding in bindings),
        f'--gin.MODEL_DIR={folder}',
      ),
      splits=tuple(
        split for split in self.splits if reported and split in dataset.SEEN
      ),
      needs=tuple(map(place, row.needs)),
      reported=reported,
    )


def _of_share(share: float) -> str:
  return f'share_{share:g}'


def _slug(name: str) -> str:
  """Returns a name for a folder: letters, digits and underscores."""
  kept = string.ascii_letters + string.digits
  plain = ''.join(one if one in kept else '_' for one in name)
  return re.sub('_+', '_', plain).strip('_').lower()
