"""The entries that ask a teacher."""

import argparse

from distill_jax.cli import entry


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
  print(job.run(config, as_is=options.as_is))


def _plan(job, options: argparse.Namespace) -> str:
  del options
  return job.plan()
