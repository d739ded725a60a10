"""The arguments of an entry: gin files, bindings, switches."""

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence

from distill_jax.cli import errors, files

_BINDING = '--gin.'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments:
  """What the command line says.

  Attributes:
    gin_files: in the order given; a later one overrides.
    bindings: (key, value) of every `--gin.key=value`.
    dry_run: whether to show the plan and stop.
    options: what the entry itself asked for.
  """

  gin_files: tuple[str, ...]
  bindings: tuple[tuple[str, str], ...]
  dry_run: bool
  options: argparse.Namespace


class _Parser(argparse.ArgumentParser):
  """Reports mistakes as `errors.UsageError`."""

  def error(self, message):
    raise errors.UsageError(message)


def parse(
  entry: str,
  description: str,
  add_options: Callable[[argparse.ArgumentParser], None],
  argv: Sequence[str] | None = None,
) -> Arguments:
  """Reads the command line; prints the help and leaves where it is asked for.

  Args:
    entry: name of the module under `distill_jax`.
    description: what the entry does, for the help.
    add_options: adds the entry's own options to the parser.
    argv: the arguments; those of the process by default.

  Raises:
    errors.UsageError: an unknown or incomplete argument.
  """
  parser = _parser(entry, description)
  add_options(parser)
  argv = sys.argv[1:] if argv is None else argv
  bindings = [
    _binding(argument) for argument in argv if argument.startswith(_BINDING)
  ]
  rest = [argument for argument in argv if not argument.startswith(_BINDING)]
  options, unknown = parser.parse_known_args(rest)
  if unknown:
    word = unknown[0].partition('=')[0]
    raise errors.UsageError(
      f'unknown argument {unknown[0]!r}' + errors.mend(word, _known(parser))
    )
  return Arguments(
    gin_files=tuple(options.gin_file),
    bindings=tuple(bindings),
    dry_run=options.dry_run,
    options=options,
  )


def _parser(entry: str, description: str) -> _Parser:
  parser = _Parser(
    prog=f'python -m distill_jax.{entry}',
    usage='%(prog)s --gin_file=RUN.gin [--gin.MACRO=value ...] [options]',
    description=description,
    epilog=f'run files of the package: {", ".join(files.run_files())}',
    allow_abbrev=False,
  )
  parser.add_argument(
    '--gin_file',
    action='append',
    default=[],
    metavar='FILE',
    help='a gin file, by path or by its name in the package; may be repeated, '
    'the later one overrides',
  )
  parser.add_argument(
    '--gin.KEY',
    metavar='VALUE',
    dest='gin',
    help='a macro or a parameter such as --gin.MODEL_DIR=/tmp/q; a value that '
    'is no gin literal is a string',
  )
  parser.add_argument(
    '--dry_run',
    action='store_true',
    help='check every binding, show the plan, run nothing',
  )
  return parser


def _binding(argument: str) -> tuple[str, str]:
  key, equals, value = argument.removeprefix(_BINDING).partition('=')
  if not key or not equals:
    raise errors.UsageError(
      f'{argument}: a binding is written --gin.NAME=value, in one word'
    )
  return key, value


def _known(parser: argparse.ArgumentParser) -> list[str]:
  return [
    option
    for action in parser._actions  # argparse has no public list of them
    for option in action.option_strings
  ]
