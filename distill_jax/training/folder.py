"""The folder of a run, which belongs to one configuration for ever."""

import difflib

from etils import epath

_CONFIG = 'config.gin'


def claim(model_dir: str, config: str) -> epath.Path:
  """Returns the run's folder after writing its configuration into it.

  Args:
    model_dir: local or `gs://`.
    config: what runs, as text that two equal runs share.

  Raises:
    ValueError: if the folder belongs to a run with another configuration.
  """
  folder = epath.Path(model_dir).expanduser()
  path = folder / _CONFIG
  if path.exists():
    _check_same(folder, path.read_text(), config)
    return folder
  folder.mkdir(parents=True, exist_ok=True)
  aside = folder / (_CONFIG + '.part')
  aside.write_text(config)
  aside.replace(path)
  return folder


def _check_same(folder: epath.Path, there: str, here: str) -> None:
  if there == here:
    return
  changes = [
    line
    for line in difflib.unified_diff(
      there.splitlines(), here.splitlines(), n=0, lineterm=''
    )
    if line[:1] in '+-' and line[:3] not in ('+++', '---') and line[1:].strip()
  ]
  shown = '; '.join(changes[:4]) + ('; ...' if len(changes) > 4 else '')
  raise ValueError(
    f'{folder} holds a run with another configuration ({shown}); give another '
    'MODEL_DIR, or the same settings to go on with that run.'
  )
