"""Where prompts lie: forms, examples, those of a filter and of a judge."""

import pathlib

_HERE = pathlib.Path(__file__).parent
# What a file of each folder is called, which is its setting's name too.
_CALLED = {
  'forms': 'form',
  'examples': 'examples',
  'filters': 'prompt',
  'judges': 'prompt',
}


def path(folder: str, name: str) -> pathlib.Path:
  """The file of a name, or of a path.

  The file of an example is named as its task, or as the beginning of it:
  `path('examples', 'svamp_asdiv')` is that of 'svamp'.

  Args:
    folder: 'forms', 'examples', 'filters' or 'judges'.
    name: of a file there, or a path: it has a slash or ends in '.toml'.

  Raises:
    ValueError: there is none.
  """
  if '/' in name or name.endswith('.toml'):
    return pathlib.Path(name).expanduser()
  stem = name.rpartition('.')[2]
  while stem:
    found = _HERE / folder / f'{stem}.toml'
    if found.exists():
      return found
    stem = stem.rpartition('_')[0] if folder == 'examples' else ''
  called = _CALLED[folder]
  raise ValueError(
    f'no {called} {name!r}, expected one of {offered(folder)} or a TOML file '
    f'of your own; correct --gin.{called.upper()}=...'
  )


def offered(folder: str) -> str:
  """The names in a folder."""
  return ', '.join(sorted(path.stem for path in (_HERE / folder).iterdir()))
