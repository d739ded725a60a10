"""Arrays of many passages at once, beside bm25s's own and a plain loop."""

import collections
import random

import bm25s
import numpy as np
import pytest

from distill_jax.retrieval import bm25, building, corpus, postings, words


def test_counts_by_hand():
  found = postings.counted(np.array([7, 7, 2, 7]), np.array([4, 4, 6, 6]))
  assert found.word.tolist() == [2, 7, 7]
  assert found.passage.tolist() == [6, 4, 6]
  assert found.count.tolist() == [1, 2, 1]


def test_no_words_at_all():
  nothing = postings.counted(np.zeros(0, np.int32), np.zeros(0, np.int64))
  assert len(nothing.word) == 0


def _documents(number, seed=0):
  """Passages of word numbers, all numbers used, some passages empty."""
  draw = random.Random(seed)
  found = [
    [int(draw.paretovariate(0.6)) % 50 for _ in range(draw.randint(0, 30))]
    for _ in range(number)
  ]
  return [*found, list(range(50))]


def _parts(documents, cuts):
  for start, end in zip([0, *cuts], [*cuts, len(documents)]):
    some = documents[start:end]
    passages = [start + n for n, document in enumerate(some) for _ in document]
    flat = [word for document in some for word in document]
    yield postings.counted(np.array(flat, np.int32), np.array(passages, int))


@pytest.mark.parametrize(('k1', 'b'), [(0.9, 0.4), (0.0, 0.4), (1.5, 1.0)])
@pytest.mark.parametrize('cuts', [[], [1], [40, 40, 90]])
def test_arrays_are_those_of_the_library(k1, b, cuts):
  documents = _documents(120)
  lengths = np.array([len(document) for document in documents])
  found = postings.scores(list(_parts(documents, cuts)), lengths, 50, k1, b)
  theirs = bm25s.BM25(method='lucene', k1=k1, b=b, backend='numpy')
  known = {f'w{number}': number for number in range(50)}
  theirs.index(
    (documents, known), create_empty_token=False, show_progress=False
  )
  expected = theirs.scores
  np.testing.assert_array_equal(found['indptr'], expected['indptr'])
  np.testing.assert_array_equal(found['indices'], expected['indices'])
  np.testing.assert_allclose(found['data'], expected['data'], rtol=1e-6)
  assert found['num_docs'] == expected['num_docs'] == 121


def test_counts_as_a_plain_loop():
  documents = _documents(60, seed=1)
  counts = collections.defaultdict(list)
  for position, document in enumerate(documents):
    for word, count in collections.Counter(document).items():
      counts[word].append((position, count))
  (found,) = _parts(documents, [])
  for word, expected in counts.items():
    here = found.word == word
    pairs = zip(found.passage[here].tolist(), found.count[here].tolist())
    assert list(pairs) == expected


_TEXTS = (
  "The bees' wings don't FREEZE, not at all; bees' wings!",
  'the of it',
  'Freezing winds freeze the bee\u2019s \u00c9tudes of \u6c34 and x1',
  'wing',
)


@pytest.mark.parametrize(
  'settings',
  [
    {},
    {'stemmer': None},
    {'stop_words': ()},
    {'stemmer': 'french', 'stop_words': ('Bees', 'wing')},
  ],
)
def test_a_word_alone_becomes_what_it_becomes_in_its_text(settings):
  one = words.Words(**settings)
  for text in _TEXTS:
    found = [one.stem(word) for word in one.split(text)]
    assert [word for word in found if word is not None] == one.of(text)


@pytest.mark.parametrize(('at_once', 'kept'), [(1, 9), (7, 1), (10**6, 10**6)])
def test_parts_and_a_short_memory_change_nothing(
  tmp_path, monkeypatch, at_once, kept
):
  draw = random.Random(2)
  pool = [*' '.join(_TEXTS).split(), 'nested', 'nesting']
  texts = [' '.join(draw.choices(pool, k=9)) for _ in range(30)] + ['?!']
  path = tmp_path / 'facts.txt'
  path.write_text('\n'.join(texts))
  queries = ['bees freeze', 'nests', 'wings wings \u6c34']
  expected = bm25.BM25(corpus=corpus.Corpus(path=str(path))).search(queries, 9)
  monkeypatch.setattr(building, '_AT_ONCE', at_once)
  monkeypatch.setattr(building, '_KEPT', kept)
  found = bm25.BM25(corpus=corpus.Corpus(path=str(path))).search(queries, 9)
  assert found == expected
  assert all(found)
