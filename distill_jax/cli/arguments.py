"""The arguments of an entry: gin files, bindings, switches."""

import argparse
import dataclasses
import sys
import textwrap
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


class Parser(argparse.ArgumentParser):
  """Reports mistakes as `errors.UsageError`."""

  def error(self, message: str) -> None:
    """Raises the mistake instead of leaving with argparse's own words."""
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
    description: what the entry does, for the help, with its line breaks.
    add_options: adds the entry's own options to the parser.
    argv: the arguments; those of the process by default.

  Raises:
    errors.UsageError: an unknown or incomplete argument.
  """
  parser = _parser(entry, description)
  add_options(parser)
  given = (
    'model_dir=RUN' if '--model_dir' in _known(parser) else 'gin_file=FILE'
  )
  parser.usage = f'%(prog)s --{given} [--gin.NAME=VALUE ...] [options]'
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


def _parser(entry: str, description: str) -> Parser:
  parser = Parser(
    prog=f'python -m distill_jax.{entry}',
    description=description,
    epilog=_places(),
    formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,
  )
  parser.add_argument(
    '--gin_file',
    action='append',
    default=[],
    metavar='FILE',
    help='a gin file; may be given several times, the later one overrides',
  )
  parser.add_argument(
    '--gin.NAME=VALUE',
    action='store_true',
    dest='gin',
    help='another value of a macro or a parameter: --gin.STEPS=500, '
    '--gin.QCRD.margin=2.5, --gin.student/AdamW.b2=0.95; a value that is no '
    'gin literal is a string',
  )
  parser.add_argument(
    '--dry_run',
    action='store_true',
    help='check every setting, show the plan, run nothing',
  )
  return parser


def _places() -> str:
  """Where gin files are found, and which ones the package has."""
  _, *folders = files.folders()
  below = ' and '.join(['the working folder', *map(str, folders)])
  paragraphs = (
    f'gin files are found by their path, or by their name in {below}',
    f'run files of the package: {", ".join(files.run_files())}',
  )
  return '\n\n'.join(textwrap.fill(one, 79) for one in paragraphs)


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
