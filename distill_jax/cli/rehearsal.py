"""What `--dry_run` can find wrong without any work.

A path that nobody gave is None or reads `<NAME>`: that is no mistake yet.
"""

import pathlib
from typing import Any

from etils import epath

from distill_jax.data import cached


def training(run: Any) -> None:
  """Refuses settings and files with which `run` could not be trained.

  Raises:
    ValueError: for the first of them.
  """
  run.check_settings()
  data(run.source)
  begun = [
    name
    for name in run.networks
    if _is_given(getattr(run.initials[name], 'path', None))
  ]
  for name in begun:
    run.check_initial(name)
  for phase in run.phases:
    writer = phase.negatives and phase.negatives.writer
    if writer and _is_given(getattr(writer, 'path', None)):
      writer.check(run.student)
  if _is_given(run.source.vocabulary.path):
    run.check_vocabulary()
    for name in begun:
      run.check_ids(name)


def data(source: Any) -> str:
  """Returns where the token cache is, or would be.

  Raises:
    ValueError: the data or the vocabulary that were given are not there.
  """
  vocabulary = _is_given(source.vocabulary.path)
  if vocabulary:
    source.vocabulary.check()
  folder = _data_folder(source) if _is_given(source.data_dir) else None
  if not vocabulary or (source.data_set.needs_data_dir and folder is None):
    return f'below {source.cache_dir}'
  there = (source.folder() / cached.META).exists()
  return f'{source.folder()}, {"there already" if there else "to be built"}'


def _data_folder(source: Any) -> pathlib.Path:
  """The folder that was given, in which there is something to read."""
  folder, patterns = source.data_folder, source.data_set.files
  if patterns and not any(any(folder.glob(one)) for one in patterns):
    raise ValueError(
      f'{folder} holds none of the files that the task {source.task!r} reads '
      f'({", ".join(patterns)}); give the folder of the data by '
      '--gin.DATA_DIR=...'
    )
  return folder


def student(run: Any) -> None:
  """Refuses a run without a student.

  Raises:
    ValueError: the folder was given and holds none.
  """
  if not _is_given(run.model_dir):
    return
  if not (epath.Path(run.model_dir).expanduser() / 'best').is_dir():
    raise ValueError(
      f'{run.model_dir} has no best student yet; train the run first, or give '
      'the folder of another one'
    )


def _is_given(path: str | None) -> bool:
  return path is not None and not path.startswith('<')
