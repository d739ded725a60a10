"""The frame of every entry: arguments, gin files, one object, one call."""

import argparse
import contextlib
import logging
import pathlib
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import distill_jax
from distill_jax.cli import arguments as arguments_lib
from distill_jax.cli import (
  errors,
  files,
  imagined,
  joining,
  loading,
  supervising,
)

_PACKAGE = pathlib.Path(distill_jax.__file__).resolve().parent

# What the package raises for a mistake of its user, with a sentence to read.
_MISTAKES = (ValueError, OSError, FloatingPointError, RuntimeError)

Main = Callable[[Any, str, argparse.Namespace], None]
Plan = Callable[[Any, argparse.Namespace], str]


def run(
  entry: str,
  description: str,
  main: Main,
  plan: Plan,
  add_options: Callable[[argparse.ArgumentParser], None] = lambda parser: None,
  argv: Sequence[str] | None = None,
  root: str = loading.ROOT,
  others: Sequence[str] = (),
) -> None:
  """Runs an entry; a mistake of the user leaves one line on stderr.

  Args:
    entry: name of the module under `distill_jax`.
    description: what it does, for `--help`.
    main: called with the run that gin built, the text of its configuration
      and the parsed options.
    plan: what `--dry_run` prints of the same run and options; it raises
      ValueError for what can be found wrong without any work.
    add_options: adds the entry's own options. One called `--model_dir` means:
      the configuration that is saved there.
    argv: the arguments; those of the process by default.
    root: full name of the class that gin builds.
    others: of classes that it may build instead, see `loading.load`.
  """
  with contextlib.ExitStack() as stack:
    stack.enter_context(mistakes(entry))
    arguments = arguments_lib.parse(entry, description, add_options, argv)
    options = arguments.options
    imagined.imagine(options, arguments.dry_run)
    if joining.several(options) and not arguments.dry_run:
      supervising.supervise(options)
      stack.enter_context(joining.joined(options))
      stack.enter_context(mistakes(entry))
      stack.enter_context(joining.together())
    configured, text = _loaded(arguments, root, others)
    if arguments.dry_run:
      print(plan(configured, options))
      return
    log_progress(joining.leads(options))
    main(configured, text, options)


@contextlib.contextmanager
def mistakes(entry: str) -> Iterator[None]:
  """Ends the process with one line where the user has made a mistake.

  The status is 2 for a mistake in arguments or gin files, 1 for one that the
  entry or the file system found; anything else keeps its traceback.
  """
  try:
    yield
  except errors.UsageError as error:
    sys.exit(_complain(entry, error, status=2))
  except _MISTAKES as error:
    if isinstance(error, OSError) and error.filename is not None:
      sys.exit(_complain(entry, errors.of_file(error), status=1))
    of_system = isinstance(error, OSError) and error.errno is not None
    if not of_system and not _raised_here(error):
      raise
    sys.exit(_complain(entry, error, status=1))
  except KeyboardInterrupt:
    sys.exit(130)


def _loaded(
  arguments: arguments_lib.Arguments, root: str, others: Sequence[str]
) -> tuple[Any, str]:
  """The run that the arguments describe, and the text of its configuration."""
  options = vars(arguments.options)
  model_dir = options.get('model_dir')
  if not arguments.gin_files and not model_dir:
    folder = 'a run by --model_dir=RUN or ' if 'model_dir' in options else ''
    known = ', '.join(files.run_files())
    raise errors.UsageError(
      f'give {folder}a run file by --gin_file=FILE; the package has {known}'
    )
  return loading.load(
    arguments.gin_files,
    arguments.bindings,
    model_dir=model_dir,
    dry_run=arguments.dry_run,
    root=root,
    others=others,
  )


def log_progress(leads: bool = True) -> None:
  """Shows what the package reports, on stderr; libraries stay as they are.

  Args:
    leads: whether this process speaks for all of several.
  """
  handler = logging.StreamHandler()
  handler.setFormatter(
    logging.Formatter('%(asctime)s %(message)s', datefmt='%H:%M:%S')
  )
  logger = logging.getLogger('distill_jax')
  logger.setLevel(logging.INFO if leads else logging.ERROR)
  logger.handlers = [handler]
  logger.propagate = False  # libraries add handlers of their own to the root


def _complain(entry: str, error: Exception | str, status: int) -> int:
  message = ' '.join(str(error).split())
  print(f'distill_jax.{entry}: {message}', file=sys.stderr)
  return status


def _raised_here(error: Exception) -> bool:
  """Whether the package raised the error, and no library beneath it."""
  last = traceback.extract_tb(error.__traceback__)[-1]
  return pathlib.Path(last.filename).resolve().is_relative_to(_PACKAGE)
