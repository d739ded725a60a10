"""What a measurement leaves behind: tables on the screen, and a JSON file."""

import argparse
import json
import pathlib
from collections.abc import Mapping

import rich
from rich import table as table_lib

from benchmarks import machine, timing

_RESULTS = pathlib.Path(__file__).parent / 'results'


def parser(
  description: str, name: str, rounds: int | None = 5
) -> argparse.ArgumentParser:
  """Returns the arguments that all measurements have.

  Args:
    description: docstring of the command.
    name: of the command; the file is `benchmarks/results/NAME.json`.
    rounds: how often each way is timed by default; None for a command that
      counts, or times once.
  """
  arguments = argparse.ArgumentParser(
    description=description.splitlines()[0],
    formatter_class=argparse.ArgumentDefaultsHelpFormatter,
  )
  if rounds:
    arguments.add_argument('--rounds', type=_rounds, default=rounds)
  arguments.add_argument(
    '--json',
    type=pathlib.Path,
    default=_RESULTS / f'{name}.json',
    help='file for the figures',
  )
  return arguments


def _rounds(text: str) -> int:
  """Returns the number of rounds that an argument says."""
  if not text.isdecimal() or int(text) < 1:
    raise argparse.ArgumentTypeError(
      f'{text!r} is no number of rounds, expected at least 1.'
    )
  return int(text)


class Report:
  """Prints cases as they are measured; each is in the file at once.

  Args:
    options: of the command, from `parser`.
    known: the facts of the machine.
  """

  def __init__(
    self, options: argparse.Namespace, known: dict[str, object] | None = None
  ):
    self._path = options.json
    known = known or machine.facts()
    settings = {k: v for k, v in vars(options).items() if k != 'json'}
    self._figures = {'machine': known, 'settings': settings, 'cases': []}
    print(machine.named(known))

  def add(
    self,
    title: str,
    seconds: Mapping[str, list[float]],
    **facts: object,
  ) -> None:
    """Takes a case of ways that were timed in turn.

    Args:
      title: of its table.
      seconds: from `timing.alternate`.
      **facts: what else is known of it, for the file.
    """
    if not seconds:
      return
    timing.show(title, seconds)
    self._keep(
      title, seconds=seconds, ratios=timing.ratios(seconds), facts=facts
    )

  def rows(self, title: str, rows: list[dict[str, object]]) -> None:
    """Takes a table of one's own: rows of figures by the name of a column."""
    table = table_lib.Table(title=title, title_justify='left')
    for name in rows[0]:
      table.add_column(name, justify='right')
    for row in rows:
      table.add_row(*(_written(value) for value in row.values()))
    rich.print(table)
    self._keep(title, rows=rows)

  def _keep(self, title: str, **case: object) -> None:
    self._figures['cases'].append({'title': title, **case})
    self._path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(self._figures, indent=2, default=str)
    self._path.write_text(text + '\n')


def _written(value: object) -> str:
  if isinstance(value, float):
    return f'{value:,.3f}' if abs(value) < 100 else f'{value:,.0f}'
  return f'{value:,}' if isinstance(value, int) else str(value)
