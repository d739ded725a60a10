"""Passages as tokens, to learn a language or a field from."""

import dataclasses
import functools
import itertools
import logging
import pathlib
from collections.abc import Iterator
from typing import Any

from distill_jax.data import arrays, corpus_split, publish
from distill_jax.data import fingerprint as fingerprint_lib
from distill_jax.retrieval import passages as passages_lib
from distill_jax.text import vocabulary as vocabulary_lib

_log = logging.getLogger(__name__)

_FORMAT = 1  # raise it when the files of a cache change their form


@dataclasses.dataclass(frozen=True, kw_only=True)
class CorpusSource:
  """A corpus, its vocabulary, and how it is cut.

  A passage longer than `length` becomes several rows. Every n-th passage, by
  `held_out`, is for validation.

  Attributes:
    corpus: the passages.
    vocabulary: of the student.
    length: most tokens of a row, without the end of sequence.
    held_out: n, at least 2: every n-th passage is not learnt from.
    cache_dir: where token caches are kept.
  """

  corpus: passages_lib.Passages
  vocabulary: vocabulary_lib.Vocabulary = vocabulary_lib.Vocabulary()
  length: int = 511
  held_out: int = 100
  cache_dir: str = '~/.cache/distill_jax'

  def __post_init__(self):
    if self.length < 2 or self.held_out < 2:
      raise ValueError(
        f'CorpusSource.length is {self.length} and held_out {self.held_out}, '
        'expected at least 2.'
      )

  @functools.cached_property
  def facts(self) -> dict[str, Any]:
    """Everything that decides the rows, as JSON has it."""
    return {
      'format': _FORMAT,
      'corpus': self.corpus.fingerprint(),
      'vocabulary': self.vocabulary.fingerprint,
      'length': self.length,
      'held_out': self.held_out,
    }

  def folder(self) -> pathlib.Path:
    """Returns the folder of the cache, whether it exists or not."""
    digest = fingerprint_lib.digest(self.facts)[:12]
    return pathlib.Path(self.cache_dir).expanduser() / f'corpus-{digest}'

  def open(self, split: str) -> corpus_split.CorpusSplit:
    """Returns 'train' or 'validation', building the cache where it is absent.

    Raises:
      ValueError: for an unusable corpus or a damaged cache.
    """
    folder = self.folder()
    if not (folder / corpus_split.META).exists():
      _log.info('Building the token cache %s', folder)
      publish.whole(folder, corpus_split.META, self._fill)
    return corpus_split.CorpusSplit(folder, split)

  def _fill(self, folder: pathlib.Path) -> dict[str, Any]:
    """Writes the rows; returns what the cache says of itself."""
    dtype = 'uint16' if self.vocabulary.size <= 2**16 else 'int32'
    counts = dict.fromkeys(corpus_split.SPLITS, 0)
    with arrays.Writer(folder) as writer:
      for split in counts:
        writer.start(split, dtype)
      for split, ids in self._rows():
        writer.append_row(split, ids, dtype)
        counts[split] += 1
    for split, number in counts.items():
      if not number:
        raise ValueError(
          f'{self.corpus.path} leaves no passage for {split!r}, expected two '
          'tokens in some of them; give a larger corpus, or another '
          'CorpusSource.held_out.'
        )
    return {
      'arrays': writer.table,
      'source': self.facts,
    }

  def _rows(self) -> Iterator[tuple[str, list[int]]]:
    train, validation = corpus_split.SPLITS
    for number, passage in enumerate(self.corpus.passages(), start=1):
      split = train if number % self.held_out else validation
      ids = iter(self.vocabulary.encode(passage.text))
      while row := list(itertools.islice(ids, self.length)):
        if len(row) > 1:
          yield split, row
