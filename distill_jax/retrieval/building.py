"""Builds the index that `index` searches."""

import array
import collections
import contextlib
import logging
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from distill_jax import places
from distill_jax.retrieval import index as index_lib
from distill_jax.retrieval import passages as passages_lib
from distill_jax.retrieval import postings, texts
from distill_jax.retrieval import words as words_lib

_EVERY = 100_000  # passages between two lines of the log
_AT_ONCE = 5_000_000  # words that are counted at once
_KEPT = 4_000_000  # words whose stems are remembered
_LEFT_OUT = -1

_log = logging.getLogger('distill_jax.retrieval')


def build(
  folder: pathlib.Path,
  corpus: passages_lib.Passages,
  words: words_lib.Words,
  k1: float,
  b: float,
  meta: Mapping[str, Any],
) -> None:
  """Makes the index of a corpus as `folder`, whole or not at all.

  Memory: 20 bytes for each different word of each passage.

  Args:
    folder: that does not exist yet.
    corpus: its passages are read once.
    words: how they become words.
    k1: of BM25.
    b: of BM25.
    meta: what `index.json` is to say.

  Raises:
    ValueError: the corpus cannot be read, holds no word, or an id twice.
  """
  with _aside(folder) as aside:
    counts = _Counts(words)
    with texts.Writer(aside) as writer:
      for number, passage in enumerate(corpus.passages(), start=1):
        writer.add(passage)
        counts.add(passage.text)
        if number % _EVERY == 0:
          _log.info('%s: %s passages read', corpus.path, f'{number:,}')
    known = counts.known
    if not known:
      raise ValueError(
        f'{corpus.path}: no words in it beside stop words, expected texts to '
        'search; take another corpus or fewer stop words'
      )
    _require_names(corpus.path, texts.Texts(aside).ids())
    made = postings.scores(*counts.result(), len(known), k1, b)
    index_lib.save(aside, made, known, k1, b, meta)
  _log.info(
    '%s: %s passages, %s words', folder, f'{made["num_docs"]:,}', len(known)
  )


def _require_names(path: str, ids: Sequence[str]) -> None:
  """Refuses an id that two passages have; a file tells it by its line."""
  if len(set(ids)) < len(ids):
    ((twice, _),) = collections.Counter(ids).most_common(1)
    raise ValueError(
      f'{path}: two passages have the id {twice!r}, expected each once; rename '
      'or remove one of them'
    )


class _Numbers(dict[str, int]):
  """The number of each word's stem, found at the first time it is asked."""

  def __init__(self, words: words_lib.Words):
    super().__init__()
    self.known: dict[str, int] = {}
    self._words = words

  def __missing__(self, word: str) -> int:
    stem = self._words.stem(word)
    number = _LEFT_OUT
    if stem is not None:
      number = self.known.setdefault(stem, len(self.known))
    if len(self) >= _KEPT:
      self.clear()
    self[word] = number
    return number


class _Counts:
  """The words of passages, counted in large parts."""

  def __init__(self, words: words_lib.Words):
    self._split = words.split
    self._numbers = _Numbers(words)
    self._parts: list[postings.Postings] = []
    self._lengths: list[np.ndarray] = []
    self._passages = 0
    self._clear()

  @property
  def known(self) -> dict[str, int]:
    """Every word, and its number."""
    return self._numbers.known

  def add(self, text: str) -> None:
    """Counts a passage behind the others."""
    found = self._split(text)
    self._words.extend(map(self._numbers.__getitem__, found))
    self._sizes.append(len(found))
    if len(self._words) >= _AT_ONCE:
      self._count()

  def result(self) -> tuple[list[postings.Postings], np.ndarray]:
    """The postings of all passages, and their lengths."""
    self._count()
    return self._parts, np.concatenate(self._lengths)

  def _count(self) -> None:
    words = np.array(self._words, np.int32)
    sizes = np.array(self._sizes, np.int64)
    kept = words != _LEFT_OUT
    passages = np.repeat(np.arange(len(sizes)), sizes)[kept]
    self._lengths.append(np.bincount(passages, minlength=len(sizes)))
    part = postings.counted(words[kept], passages + self._passages)
    self._parts.append(part)
    self._passages += len(sizes)
    self._clear()

  def _clear(self) -> None:
    self._words, self._sizes = array.array('i'), array.array('i')


@contextlib.contextmanager
def _aside(folder: pathlib.Path) -> Iterator[pathlib.Path]:
  """Gives a hidden folder beside `folder` that takes its place at the end.

  Of two builders the second to finish throws its own work away.
  """
  with places.aside(folder) as aside:
    yield aside
    try:
      aside.rename(folder)
    except OSError:
      if not (folder / index_lib.META).exists():
        raise
