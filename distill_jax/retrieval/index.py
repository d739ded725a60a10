"""An inverted index on disk, memory-mapped.

A folder with the arrays of bm25s, the ids and texts of the passages, and
`index.json`, which says of what they were made and how large each file is.
"""

import functools
import importlib
import json
import pathlib
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from distill_jax.retrieval import retriever
from distill_jax.retrieval import texts as texts_lib

META = 'index.json'
LAYOUT = 2  # of the files in the folder
_FILES = 'files'
_TYPES = {'data': np.float32, 'indices': np.int32, 'indptr': np.int64}


class Index:
  """An index that is open for searching."""

  def __init__(self, folder: pathlib.Path):
    """Opens the index; arrays and passages stay on disk until they are read.

    Args:
      folder: one that `building.build` has made.

    Raises:
      ValueError: a file is missing, cut off or not what was written.
    """
    try:
      _require_files(folder)
      self._engine = _bm25s().BM25.load(folder, mmap=True)
      self._texts = texts_lib.Texts(folder)
      _require_arrays(self._engine, len(self._texts))
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
      raise ValueError(
        f'{folder}: the index is damaged ({error}), expected the files that '
        'were written; remove the folder, and it is built again'
      ) from error

  def __len__(self) -> int:
    """Passages."""
    return len(self._texts)

  def search(self, words: Sequence[str], k: int) -> list[retriever.Hit]:
    """The best k passages with any of the words, equal ones in their order.

    A word that is there twice counts twice; one that the corpus lacks counts
    nothing.
    """
    scores = self._scores(words)
    found = best(scores, k)
    return [
      retriever.Hit(id=id, text=text, score=score)
      for (id, text), score in zip(
        self._texts.of(found), scores[found].tolist()
      )
    ]

  def scores(self, words: Sequence[str], ids: Sequence[str]) -> list[float]:
    """The scores of some passages, 0 for one with none of the words.

    Raises:
      KeyError: the index has no passage of that name.
    """
    positions = [self._positions[id] for id in ids]
    return self._scores(words)[positions].tolist()

  def lacking(self, ids: Collection[str]) -> set[str]:
    """Those of some ids that no passage has."""
    return {id for id in ids if id not in self._positions}

  def _scores(self, words: Sequence[str]) -> np.ndarray:
    """The score of every passage."""
    known = self._engine.vocab_dict
    ids = [known[word] for word in words if word in known]
    if not ids:
      return np.zeros(len(self), np.float32)
    return self._engine.get_scores_from_ids(ids)

  @functools.cached_property
  def _positions(self) -> dict[str, int]:
    """Where each passage stands, by its id; read once, from all of them."""
    return {id: place for place, id in enumerate(self._texts.ids())}


def best(scores: np.ndarray, k: int) -> np.ndarray:
  """Positions of the k largest scores above 0, equal ones in their order.

  `best(np.array([0., 2., 1., 2.]), 2)` is `[1, 3]`.
  """
  found = np.flatnonzero(scores > 0)
  values = scores[found]
  if len(found) > k:
    kept = values >= np.partition(values, -k)[-k]
    found, values = found[kept], values[kept]
  return found[np.argsort(-values, kind='stable')[:k]]


def save(
  folder: pathlib.Path,
  scores: Mapping[str, Any],
  known: dict[str, int],
  k1: float,
  b: float,
  meta: Mapping[str, Any],
) -> None:
  """Writes the arrays of `postings.scores` beside the texts in a folder.

  Args:
    folder: that holds what `texts.Writer` has written.
    scores: the arrays.
    known: the number of each word.
    k1: of BM25.
    b: of BM25.
    meta: what `index.json` is to say.
  """
  engine = _bm25s().BM25(method='lucene', k1=k1, b=b, backend='numpy')
  engine.scores, engine.vocab_dict = dict(scores), known
  engine.nonoccurrence_array = None  # of methods that Lucene's is not
  engine.save(folder)
  sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
  said = {**meta, 'layout': LAYOUT, _FILES: dict(sorted(sizes.items()))}
  (folder / META).write_text(json.dumps(said, indent=2))


def _require_files(folder: pathlib.Path) -> None:
  """Refuses a folder whose files have another size than when written."""
  expected = json.loads((folder / META).read_text())[_FILES]
  for name, size in expected.items():
    path = folder / name
    found = path.stat().st_size if path.is_file() else None
    if found != size:
      got = 'is missing' if found is None else f'has {found:,} bytes'
      raise ValueError(f'{name} {got}, expected {size:,} bytes')


def _require_arrays(engine: Any, passages: int) -> None:
  """Refuses arrays of another kind, or that do not fit each other.

  They become plain ones, which are faster to cut and still on disk.
  """
  for name, kind in _TYPES.items():
    array = engine.scores[name] = np.asarray(engine.scores[name])
    if array.dtype != kind or array.ndim != 1:
      raise ValueError(
        f'{name} is {array.dtype} {array.shape}, expected {kind.__name__}'
      )
  arrays = engine.scores
  fits = {
    'words': (len(arrays['indptr']) - 1, len(engine.vocab_dict)),
    'scores': (len(arrays['data']), int(arrays['indptr'][-1])),
    'positions': (len(arrays['indices']), int(arrays['indptr'][-1])),
    'passages': (arrays['num_docs'], passages),
  }
  for name, (found, expected) in fits.items():
    if found != expected:
      raise ValueError(f'{found:,} {name}, expected {expected:,}')


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
