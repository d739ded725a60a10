"""From the words of passages to the arrays that bm25s searches.

The library builds the same arrays passage by passage; here many passages are
counted at once, which takes a fraction of the time.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True, kw_only=True)
class Postings:
  """How often words stand in some passages, by word and then by passage.

  Attributes:
    word: numbers of words.
    passage: positions of passages.
    count: how often the word is in the passage.
  """

  word: np.ndarray
  passage: np.ndarray
  count: np.ndarray


def counted(words: np.ndarray, passages: np.ndarray) -> Postings:
  """The postings of a run of passages.

  Words (7, 7, 2) of passages (0, 0, 1) are word (2, 7), passage (1, 0) and
  count (1, 2).

  Args:
    words: numbers of words, one passage after another.
    passages: position of each one's passage.
  """
  if not len(words):
    nothing = np.zeros(0, np.int32)
    return Postings(word=nothing, passage=nothing, count=nothing)
  first, width = passages[0], passages[-1] - passages[0] + 1
  keys = words.astype(np.int64) * width + (passages - first)
  keys, counts = np.unique(keys, return_counts=True)
  word, passage = np.divmod(keys, width)
  return Postings(
    word=word.astype(np.int32),
    passage=(passage + first).astype(np.int32),
    count=counts.astype(np.int32),
  )


def scores(
  parts: Sequence[Postings],
  lengths: np.ndarray,
  words: int,
  k1: float,
  b: float,
) -> dict[str, np.ndarray | int]:
  """What bm25s keeps of a corpus: for each word its passages and scores.

  The scores are those of `bm25.BM25`, computed in 64 bits and kept in 32. Word
  w has the passages `indices[indptr[w]:indptr[w + 1]]`, in their order.

  Args:
    parts: postings of passages that follow one another.
    lengths: words of every passage of the corpus.
    words: how many different ones there are.
    k1: of BM25.
    b: of BM25.
  """
  found = np.zeros(words, np.int64)
  for part in parts:
    found += np.bincount(part.word, minlength=words)
  indptr = np.concatenate([[0], np.cumsum(found)])
  idf = np.log(1 + (len(lengths) - found + 0.5) / (found + 0.5))
  saturation = k1 * (1 - b + b * lengths / lengths.mean())
  data = np.empty(indptr[-1], np.float32)
  indices = np.empty(indptr[-1], np.int32)
  ends = indptr[:-1].copy()  # of what is there of each word
  for part in parts:
    here = np.bincount(part.word, minlength=words)
    rank = np.arange(len(part.word)) - (np.cumsum(here) - here)[part.word]
    place = ends[part.word] + rank
    weight = part.count / (part.count + saturation[part.passage])
    data[place] = idf[part.word] * weight
    indices[place] = part.passage
    ends += here
  return {
    'data': data,
    'indices': indices,
    'indptr': indptr,
    'num_docs': len(lengths),
  }
