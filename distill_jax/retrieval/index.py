"""An inverted index on disk: built once, then memory-mapped.

A folder with the arrays of bm25s, the passages as JSON lines with the bytes
where each starts, and `index.json`, which says of what they were made.
"""

import contextlib
import importlib
import json
import logging
import pathlib
import shutil
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from distill_jax.retrieval import passages as passages_lib
from distill_jax.retrieval import retriever
from distill_jax.retrieval import words as words_lib

META = 'index.json'
_PASSAGES = 'passages.jsonl'
_STARTS = 'starts.npy'
_EVERY = 100_000  # passages between two lines of the log

_log = logging.getLogger('distill_jax.retrieval')


class Index:
  """An index that is open for searching."""

  def __init__(self, folder: pathlib.Path):
    """Opens the index; arrays and passages stay on disk until they are read.

    Args:
      folder: one that `build` has made.
    """
    bm25s = _bm25s()
    self._scores = bm25s.BM25.load(folder, mmap=True)
    self._passages = np.memmap(folder / _PASSAGES, dtype=np.uint8, mode='r')
    self._starts = np.load(folder / _STARTS, mmap_mode='r')

  def __len__(self) -> int:
    return len(self._starts) - 1

  def search(self, words: Sequence[str], k: int) -> list[retriever.Hit]:
    """The best k passages with any of the words, equal ones in their order.

    A word that is there twice counts twice; one that the corpus lacks counts
    nothing.
    """
    known = self._scores.vocab_dict
    ids = [known[word] for word in words if word in known]
    if not ids:
      return []
    scores = self._scores.get_scores_from_ids(ids)
    return [self._hit(at, scores[at]) for at in best(scores, k)]

  def _hit(self, position: int, score: float) -> retriever.Hit:
    start, end = self._starts[position : position + 2]
    id, text = json.loads(self._passages[start:end].tobytes())
    return retriever.Hit(id=id, text=text, score=float(score))


def best(scores: np.ndarray, k: int) -> np.ndarray:
  """Positions of the k largest scores above 0, equal ones in their order.

  `best(np.array([0., 2., 1., 2.]), 2)` is `[1, 3]`.
  """
  found = np.flatnonzero(scores > 0)
  if len(found) > k:
    least = np.partition(scores[found], -k)[-k]
    found = found[scores[found] >= least]
  return found[np.argsort(-scores[found], kind='stable')[:k]]


def build(
  folder: pathlib.Path,
  corpus: passages_lib.Passages,
  words: words_lib.Words,
  k1: float,
  b: float,
  meta: Mapping[str, Any],
) -> None:
  """Makes the index of a corpus as `folder`, whole or not at all.

  Args:
    folder: that does not exist yet.
    corpus: its passages are read once.
    words: how they become words.
    k1: of BM25.
    b: of BM25.
    meta: what `index.json` is to say.

  Raises:
    ValueError: the corpus cannot be read, or holds no word.
  """
  with _aside(folder) as aside:
    ids, known = _read(corpus, words, aside)
    if not known:
      raise ValueError(
        f'{corpus.path}: no words in it beside stop words, expected texts to '
        'search; take another corpus or fewer stop words'
      )
    scores = _bm25s().BM25(method='lucene', k1=k1, b=b, backend='numpy')
    shown = sys.stderr.isatty()
    scores.index((ids, known), create_empty_token=False, show_progress=shown)
    scores.save(aside)
    (aside / META).write_text(json.dumps(dict(meta), indent=2))
  _log.info('%s: %s passages, %s words', folder, f'{len(ids):,}', len(known))


def _read(
  corpus: passages_lib.Passages, words: words_lib.Words, folder: pathlib.Path
) -> tuple[list[list[int]], dict[str, int]]:
  """Word ids of every passage, and the ids; the passages go into a file."""
  ids: list[list[int]] = []
  known: dict[str, int] = {}
  starts = [0]
  with (folder / _PASSAGES).open('wb') as file:
    for passage in corpus.passages():
      line = json.dumps([passage.id, passage.text], ensure_ascii=False)
      starts.append(starts[-1] + file.write(line.encode() + b'\n'))
      found = words.of(passage.text)
      ids.append([known.setdefault(word, len(known)) for word in found])
      if len(ids) % _EVERY == 0:
        _log.info('%s: %s passages read', corpus.file, f'{len(ids):,}')
  np.save(folder / _STARTS, np.array(starts, np.int64))
  return ids, known


@contextlib.contextmanager
def _aside(folder: pathlib.Path) -> Iterator[pathlib.Path]:
  """Gives a hidden folder beside `folder` that takes its place at the end.

  Of two builders the second to finish throws its own work away.
  """
  folder.parent.mkdir(parents=True, exist_ok=True)
  aside = folder.with_name(f'.{folder.name}.{uuid.uuid4().hex[:8]}')
  aside.mkdir()
  try:
    yield aside
    try:
      aside.rename(folder)
    except OSError:
      if not (folder / META).exists():
        raise
  finally:
    shutil.rmtree(aside, ignore_errors=True)


def _bm25s() -> Any:
  """The library, kept from jax.

  It would run a sort on an accelerator as soon as it is imported, which takes
  the accelerator's memory, and fails where a run holds it.
  """
  hidden = sys.modules.get('jax')
  sys.modules['jax'] = None
  try:
    return importlib.import_module('bm25s')
  finally:
    if hidden is None:
      del sys.modules['jax']
    else:
      sys.modules['jax'] = hidden
