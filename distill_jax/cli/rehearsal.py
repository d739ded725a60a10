"""What `--dry_run` can find wrong without any work.

A path that nobody gave is None or reads `<NAME>`: that is no mistake yet.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

from etils import epath

from distill_jax.data import cached, corpus_source
from distill_jax.data import share as share_lib


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
  if all(_is_given(run.vocabulary_of(name).path) for name in run.networks):
    run.check_vocabulary()
    for name in begun:
      run.check_ids(name)


def data(source: Any) -> str:
  """Returns where the token cache is, or would be.

  Raises:
    ValueError: the data or the vocabulary that were given are not there.
  """
  if _is_given(source.vocabulary.path):
    source.vocabulary.check()
  if isinstance(source, corpus_source.CorpusSource):
    if _is_given(source.corpus.path):
      source.corpus.check()
    return f'below {source.cache_dir}'
  if _is_given(source.data_dir):
    _check_data_folder(source)
  if source.knowledge:
    source.knowledge.retriever.describe()  # which looks at what was given
  if not _is_complete(source):
    return f'below {source.cache_dir}'
  there = (source.folder() / cached.META).exists()
  return f'{source.folder()}, {"there already" if there else "to be built"}'


def tokens(run: Any) -> Any:
  """Returns the training split, None where its tokens are not there yet."""
  source = run.source
  if isinstance(source, corpus_source.CorpusSource) or not _is_complete(source):
    return None
  return run.open() if (source.folder() / cached.META).exists() else None


def share(source: Any) -> list[str]:
  """Returns a line on the training questions that are left out, if any are.

  Where no cache is there yet they are read to be counted.
  """
  whole = isinstance(source, corpus_source.CorpusSource)
  if whole or source.share == share_lib.ALL:
    return []
  said = f'share      {source.share:g} of the training questions'
  if _is_complete(source):
    said += ', {:,} of {:,}'.format(*source.count_training())
  return [f'{said}; SHARE_SEED {source.share_seed} says which']


def _is_complete(source: Any) -> bool:
  """Whether everything was given that a cache is made of."""
  needed = [source.vocabulary.path, *_texts(source.knowledge)]
  if source.data_set.needs_data_dir:
    needed.append(source.data_dir)
  return all(map(_is_given, needed))


def _texts(value: Any) -> Iterator[str]:
  """Gives all texts among the settings of an object."""
  if isinstance(value, str):
    yield value
  elif dataclasses.is_dataclass(value):
    for field in dataclasses.fields(value):
      yield from _texts(getattr(value, field.name))


def _check_data_folder(source: Any) -> None:
  """Refuses a folder in which there is nothing to read."""
  folder, patterns = source.data_folder, source.data_set.files
  if patterns and not any(any(folder.glob(one)) for one in patterns):
    raise ValueError(
      f'{folder} holds none of the files that the task {source.task!r} reads '
      f'({", ".join(patterns)}); give the folder of the data by '
      '--gin.DATA_DIR=...'
    )


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
