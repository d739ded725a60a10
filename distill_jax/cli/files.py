"""Where gin files are found."""

import pathlib

from etils import epath

import distill_jax
from distill_jax.cli import errors

_PACKAGE = pathlib.Path(distill_jax.__file__).resolve().parent


def folders() -> list[epath.Path]:
  """Folders searched in order: working folder, checkout, installed package."""
  checkout = _PACKAGE.parent
  found = [epath.Path()]
  if (checkout / 'pyproject.toml').exists():
    found.append(epath.Path(checkout / 'gin'))
  found.append(epath.Path(_PACKAGE / 'gin'))
  return [folder for folder in found if folder.is_dir()]


def run_files() -> list[str]:
  """Names of the run files of the package; each begins with its command."""
  names = {
    path.name
    for folder in folders()[1:]
    for path in folder.glob('*.gin')
    if f'--gin_file={path.name}' in path.read_text()
  }
  return sorted(names)


def find(name: str, place: str) -> epath.Path:
  """The gin file called `name`, a path or a name below a searched folder.

  Args:
    name: as the user or an `include` wrote it; `gs://` works too.
    place: where it was written, for the message.

  Raises:
    errors.UsageError: no such file.
  """
  given = epath.Path(name).expanduser()
  if given.is_absolute():
    candidates = [given]
  else:
    candidates = [folder / name for folder in folders()]
  for candidate in candidates:
    if candidate.is_file():
      return candidate
  known = [
    str(path.relative_to(folder))
    for folder in folders()[1:]
    for path in [*folder.glob('*.gin'), *folder.glob('*/*.gin')]
  ]
  hint = '' if given.is_absolute() else errors.mend(name, known)
  raise errors.UsageError(f'{place}: no gin file {name!r}{hint}')
