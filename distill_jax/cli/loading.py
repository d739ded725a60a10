"""From gin files and command-line bindings to one checked object."""

from collections.abc import Sequence
from typing import Any

from distill_jax.cli import (
  building,
  checks,
  configuration,
  errors,
  names,
  paths,
  reading,
  writing,
)
from distill_jax.cli import plan as plan_lib

ROOT = 'distill_jax.training.run.Run'
OTHERS = (
  'distill_jax.training.ranking_run.RankingRun',
  'distill_jax.training.pretraining_run.PretrainingRun',
)


def load(
  gin_files: Sequence[str],
  bindings: Sequence[tuple[str, str]] = (),
  *,
  model_dir: str | None = None,
  dry_run: bool = False,
  root: str = ROOT,
  others: Sequence[str] = (),
) -> tuple[Any, str]:
  """The object that gin files describe, and the text of its configuration.

  Args:
    gin_files: in order, a later one overrides.
    bindings: (key, value) pairs of the command line, which override the files.
    model_dir: run folder that holds the first gin file, `config.gin`; the
      folder may have been moved since it was written.
    dry_run: whether `<NAME>` may stand for required macros that nobody gave.
    root: full name of the class to build.
    others: full names of classes of which one is built for it, where a
      file binds any of its parameters.

  Raises:
    errors.UsageError: anything missing, unused, misspelt or mistyped.
  """
  bound = configuration.Configuration()
  if model_dir:
    reading.add_file(
      bound, f'{model_dir}/config.gin', f'--model_dir={model_dir}'
    )
  for file in gin_files:
    reading.add_file(bound, file, f'--gin_file={file}')
  described = next((one for one in OTHERS if _binds(bound, one)), root)
  if root == ROOT and described not in (root, *others):
    kind = described.rpartition('.')[2]
    raise errors.UsageError(
      f'{(model_dir, *gin_files)[model_dir is None]} describes a {kind}, which '
      'distill_jax.train alone takes; give the file or the folder of a student'
    )
  root = described if described in others else root
  target = bound.know(names.locate(root, root))
  if model_dir:
    key = 'MODEL_DIR' if 'MODEL_DIR' in bound.macros else 'Run.model_dir'
    reading.add_argument(bound, key, repr(model_dir))
  for key, value in bindings:
    reading.add_argument(bound, key, value)
  paths.anchor(plan_lib.Plan(bound, target))
  if dry_run:
    bound.fill(plan_lib.REQUIRED)
  plan = plan_lib.Plan(bound, target)
  checks.check(plan)
  return building.build(plan), writing.text(plan)


def _binds(bound: configuration.Configuration, name: str) -> bool:
  """Whether a parameter of the class of this full name is bound."""
  return any(
    f'{call.__module__}.{call.__qualname__}' == name for call in bound.bindings
  )
