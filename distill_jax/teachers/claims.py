"""Whose result a folder holds."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

ABOUT = 'about.json'
GROWS = 'questions'  # may be more than before: a try becomes the whole
_JOURNAL = 'journal'  # where the samples are: no part of what they are


def check(
  folder: pathlib.Path,
  about: Mapping[str, Any],
  journal: pathlib.Path,
  *,
  begun: bool,
) -> None:
  """Refuses a folder that holds something else.

  Args:
    folder: of a result.
    about: what it depends on, as JSON has it.
    journal: of its samples.
    begun: whether the journal has any; a folder without belongs to nobody.

  Raises:
    ValueError: it holds the result of other settings, or files that no job
      made.
  """
  path = folder / ABOUT
  if not path.exists():
    _refuse_strangers(folder, journal)
  elif begun:
    there = json.loads(path.read_text('utf-8'))
    _refuse_others(folder, there, about)


def text(about: Mapping[str, Any], journal: pathlib.Path) -> str:
  """What `check` reads later, for the file `ABOUT`."""
  return json.dumps({**about, _JOURNAL: str(journal.absolute())}, indent=2)


def _refuse_others(
  folder: pathlib.Path, there: dict[str, Any], here: Mapping[str, Any]
) -> None:
  journal = there.pop(_JOURNAL, '...')
  same = lambda name: there.get(name) == here.get(name)
  grown = there.get(GROWS, 0) <= here.get(GROWS, 0)
  changed = [
    f'{name} {there.get(name)!r} there, {here.get(name)!r} here'
    for name in sorted({*there, *here})
    if not (grown if name == GROWS else same(name))
  ]
  if changed:
    raise ValueError(
      f'{folder} holds the result of other settings ({"; ".join(changed)}); '
      f'give another --gin.OUTPUT=...; with --gin.JOURNAL={journal} nothing '
      'is paid for twice'
    )


def _refuse_strangers(folder: pathlib.Path, journal: pathlib.Path) -> None:
  """Looks for what is no journal, no lock and nothing half-written."""
  if not folder.is_dir():
    return
  for path in sorted(folder.iterdir()):
    if not path.name.startswith(('.', journal.name)):
      raise ValueError(
        f'{folder} holds {path.name}, which was not made by this; give another '
        '--gin.OUTPUT=...'
      )
