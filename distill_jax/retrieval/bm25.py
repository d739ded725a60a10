"""Lexical search by BM25, in the form of Lucene."""

import dataclasses
import functools
import json
import pathlib
import tempfile
from collections.abc import Collection, Sequence
from typing import Any

from distill_jax.retrieval import building, passages, retriever
from distill_jax.retrieval import index as index_lib
from distill_jax.retrieval import words as words_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class BM25:
  """BM25 over a corpus whose index is on disk.

  The score of passage d for a query is the sum over the query's words w, each
  as often as it is there, of

    idf(w) tf / (tf + k1 (1 - b + b |d| / mean |d|)),
    idf(w) = ln(1 + (N - n(w) + 0.5) / (n(w) + 0.5)),

  with tf the times that w is in d, |d| the words of d, N the passages and n(w)
  those with w. As in Lucene since version 8, and in `bm25s`' method 'lucene',
  there is no factor k1 + 1, which changes no order (Kamphuis et al. 2020,
  "Which BM25 do you mean?"). Scores are float32.

  A query of stop words alone, or of words that no passage has, finds nothing.

  Attributes:
    corpus: the passages.
    index_dir: folder of the index; it is built where it is absent. None for a
      folder that goes with this object, for a corpus of some thousand passages.
    words: how passages and queries become words.
    k1: how slowly a word's count saturates.
    b: how much a passage's length counts against it, from 0 to 1.
  """

  corpus: passages.Passages
  index_dir: str | None = None
  words: words_lib.Words = words_lib.Words()
  k1: float = 0.9
  b: float = 0.4

  def __post_init__(self):
    if not 0 <= self.k1 < float('inf'):
      raise ValueError(f'BM25.k1 is {self.k1}, expected at least 0.')
    if not 0 <= self.b <= 1:
      raise ValueError(f'BM25.b is {self.b}, expected a number in [0, 1].')

  @functools.cached_property
  def folder(self) -> pathlib.Path:
    """Folder of the index."""
    if self.index_dir is None:
      return pathlib.Path(self._temporary.name) / 'index'
    return pathlib.Path(self.index_dir).expanduser()

  def search(self, queries: Sequence[str], k: int) -> list[list[retriever.Hit]]:
    """The best k passages of each query; see `retriever.Retriever`.

    Raises:
      ValueError: k is below 1, the corpus is wrong, or the index is of another
        corpus or was built with other settings.
    """
    if k < 1:
      raise ValueError(f'search: k is {k}, expected at least 1.')
    index = self._index
    return [index.search(self.words.of(query), k) for query in queries]

  def scores(
    self, queries: Sequence[str], ids: Sequence[Sequence[str]]
  ) -> list[list[float]]:
    """The scores of given passages; see `retriever.Scorer`.

    Raises:
      ValueError: the corpus has no passage of that name, or as for `search`.
    """
    index = self._index
    try:
      return [
        index.scores(self.words.of(query), some)
        for query, some in zip(queries, ids, strict=True)
      ]
    except KeyError as error:
      raise ValueError(
        f'{self.corpus.path} has no passage {error.args[0]!r}, expected the id '
        'of one that was found there; search again.'
      ) from error

  def lacking(self, ids: Collection[str]) -> set[str]:
    """Those of some ids that no passage has; see `retriever.Retriever`."""
    return self._index.lacking(ids)

  def describe(self) -> str:
    """What would be searched; see `retriever.Retriever`."""
    if not self.corpus.path.startswith('<'):  # a macro that waits for a value
      self.corpus.check()
    if self.index_dir is None:
      return f'BM25 over {self.corpus.path}, index to be built each time'
    there = (self.folder / index_lib.META).exists()
    state = 'there already' if there else 'to be built'
    return f'BM25 over {self.corpus.path}, index {self.index_dir}, {state}'

  @functools.cached_property
  def facts(self) -> dict[str, Any]:
    """What decides its hits; see `retriever.Retriever`."""
    return {
      'corpus': self.corpus.fingerprint(),
      **self.words.facts,
      'k1': self.k1,
      'b': self.b,
    }

  @functools.cached_property
  def _temporary(self) -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix='distill_jax_index_')

  @functools.cached_property
  def _index(self) -> index_lib.Index:
    """The index, built where it is absent."""
    if not self.folder.exists():
      building.build(
        self.folder, self.corpus, self.words, self.k1, self.b, self.facts
      )
    self._require()
    return index_lib.Index(self.folder)

  def _require(self) -> None:
    """Refuses a folder that is no index, or one of something else."""
    mend = 'remove the folder or give another one by --gin.INDEX_DIR=...'
    try:
      found = json.loads((self.folder / index_lib.META).read_text())
    except (OSError, ValueError) as error:
      raise ValueError(
        f'{self.folder} is no index of passages ({index_lib.META} cannot be '
        f'read), expected one or nothing at all; {mend}'
      ) from error
    if found.get('corpus') != self.facts['corpus']:
      raise ValueError(
        f'{self.folder} is the index of another corpus than '
        f'{self.corpus.path}, or of one that has changed since (fingerprint '
        f'{str(found.get("corpus"))[:12]}, expected '
        f'{self.facts["corpus"][:12]}); '
        f'{mend}'
      )
    settings = {**self.facts, 'layout': index_lib.LAYOUT}
    for name, expected in settings.items():
      if found.get(name) != expected:
        raise ValueError(
          f'{self.folder} was built with {name} {found.get(name)!r}, expected '
          f'{expected!r} as in the settings; {mend}'
        )
