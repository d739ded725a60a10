"""The entries that ask a teacher."""

import argparse
import dataclasses
from typing import Any

from distill_jax.cli import entry, loading


def run(name: str, description: str, root: str) -> None:
  """Runs an entry whose root is a `teachers.job.Job`.

  Args:
    name: of the module under `distill_jax`.
    description: what it does, for `--help`.
    root: full name of the class that gin builds.
  """
  entry.run(name, description, _run, _plan, _add_options, root=root)


def _add_options(parser: argparse.ArgumentParser) -> None:
  parser.add_argument(
    '--as_is',
    action='store_true',
    help='ask for nothing more; write the result of the samples that are there',
  )


def _run(job, config: str, options: argparse.Namespace) -> None:
  print(_ready(job).run(config, as_is=options.as_is))


def _ready(job: Any) -> Any:
  """The job; a teacher that is a student of one's own has its run."""
  from distill_jax.teachers import local

  if not isinstance(job.teacher, local.LocalStudent):
    return job
  load = lambda folder: loading.load([], model_dir=folder)[0]
  return dataclasses.replace(job, teacher=job.teacher.loaded(load))


def _plan(job, options: argparse.Namespace) -> str:
  del options
  return job.plan()
