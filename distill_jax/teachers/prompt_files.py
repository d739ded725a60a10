"""Where forms and examples lie."""

import pathlib

_HERE = pathlib.Path(__file__).parent / 'prompts'


def path(folder: str, name: str) -> pathlib.Path:
  """The file of a name, or of a path.

  The file of an example is named as its task, or as the beginning of it:
  `path('examples', 'svamp_asdiv')` is that of 'svamp'.

  Args:
    folder: 'forms' or 'examples'.
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
  raise ValueError(
    f'Prompting: there are no {folder} {name!r}, expected one of '
    f'{offered(folder)}, or a TOML file of your own'
  )


def offered(folder: str) -> str:
  """The names in a folder."""
  return ', '.join(sorted(path.stem for path in (_HERE / folder).iterdir()))
