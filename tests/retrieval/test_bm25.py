"""Scores beside the formula, and what an index on disk refuses."""

import collections
import dataclasses
import gc
import json
import math
import os
import random
import subprocess
import sys
import types

import numpy as np
import pytest

from distill_jax.rationales import record
from distill_jax.retrieval import bm25, building, corpus, index, words

_PLAIN = words.Words(stemmer=None, stop_words=())


def _corpus(folder, *texts, name='facts.txt'):
  path = folder / name
  path.write_text(''.join(f'{text}\n' for text in texts))
  return corpus.Corpus(path=str(path))


def _engine(folder, *texts, **settings):
  return bm25.BM25(
    **{
      'corpus': _corpus(folder, *texts),
      'index_dir': str(folder / 'index'),
      'words': _PLAIN,
      **settings,
    }
  )


def _lucene(texts, query, k1, b):
  """Scores by the formula, word by word, in Python's floats."""
  documents = [text.split() for text in texts]
  mean = sum(map(len, documents)) / len(documents)
  scores = []
  for document in documents:
    counts = collections.Counter(document)
    score = 0.0
    for word in query.split():
      n = sum(word in other for other in documents)
      idf = math.log(1 + (len(documents) - n + 0.5) / (n + 0.5))
      length = 1 - b + b * len(document) / mean
      if counts[word]:
        score += idf * counts[word] / (counts[word] + k1 * length)
    scores.append(score)
  return scores


_FACTS = ('ice floats on water', 'water boils', 'bees like warm wax')


def test_a_score_by_hand(tmp_path):
  # 'water' is in 2 of 3 passages: idf = ln(1 + 1.5 / 2.5). The lengths are 4, 2
  # and 4, in the mean 10/3; a factor k1 + 1 = 1.9 is not there.
  found = _engine(tmp_path, *_FACTS).search(['water'], 3)[0]
  idf = math.log(1.6)
  assert [hit.id for hit in found] == ['2', '1']
  assert found[0].score == pytest.approx(idf / (1 + 0.9 * (0.6 + 0.4 * 0.6)))
  assert found[1].score == pytest.approx(idf / (1 + 0.9 * (0.6 + 0.4 * 1.2)))


@pytest.mark.parametrize(
  ('k1', 'b'), [(0.9, 0.4), (1.2, 0.75), (2.0, 1.0), (0.5, 0.0), (0.0, 0.4)]
)
def test_scores_are_those_of_the_formula(tmp_path, k1, b):
  draw = random.Random(0)
  pool = [f'w{int(draw.paretovariate(0.7))}' for _ in range(2000)]
  texts = [
    ' '.join(draw.choices(pool, k=draw.randint(1, 30))) for _ in range(60)
  ]
  queries = [' '.join(draw.choices(pool, k=n)) for n in (1, 3, 3, 12, 40)]
  engine = _engine(tmp_path, *texts, k1=k1, b=b)
  for query, found in zip(queries, engine.search(queries, 60)):
    expected = _lucene(texts, query, k1, b)
    scores = {int(hit.id) - 1: hit.score for hit in found}
    assert set(scores) == {i for i, one in enumerate(expected) if one > 0}
    for position, score in scores.items():
      assert score == pytest.approx(expected[position], rel=1e-5)
    assert [hit.score for hit in found] == sorted(scores.values())[::-1]
    assert [hit.text for hit in found] == [texts[int(h.id) - 1] for h in found]


def test_a_word_that_is_asked_twice_counts_twice(tmp_path):
  engine = _engine(tmp_path, *_FACTS)
  once, twice = engine.search(['boils', 'boils boils'], 1)
  assert twice[0].score == pytest.approx(2 * once[0].score)


def test_equal_scores_stay_in_the_order_of_the_corpus(tmp_path):
  texts = ['a b', 'c d'] * 20
  found = _engine(tmp_path, *texts).search(['c'], 5)[0]
  assert [hit.id for hit in found] == ['2', '4', '6', '8', '10']


def test_best_by_hand():
  scores = np.array([0.0, 2.0, 1.0, 2.0, 0.5])
  assert index.best(scores, 2).tolist() == [1, 3]
  assert index.best(scores, 3).tolist() == [1, 3, 2]
  assert index.best(scores, 9).tolist() == [1, 3, 2, 4]
  assert index.best(np.zeros(3), 2).tolist() == []


def test_queries_that_find_nothing(tmp_path):
  engine = _engine(tmp_path, *_FACTS, words=words.Words())
  asked = ['the of it', 'unheard', '', '?!', 'The unheard WATERS']
  *nothing, something = engine.search(asked, 5)
  assert nothing == [[], [], [], []]
  assert [hit.id for hit in something] == ['2', '1']
  assert engine.search([], 5) == []


def test_k_below_one(tmp_path):
  with pytest.raises(ValueError, match='k is 0, expected at least 1'):
    _engine(tmp_path, *_FACTS).search(['ice'], 0)


@pytest.mark.parametrize(
  ('settings', 'sentence'),
  [
    ({'k1': -0.1}, 'k1 is -0.1, expected at least 0'),
    ({'k1': math.inf}, 'k1 is inf'),
    ({'b': 1.5}, r'b is 1.5, expected a number in \[0, 1\]'),
  ],
)
def test_settings_out_of_range(tmp_path, settings, sentence):
  with pytest.raises(ValueError, match=sentence):
    _engine(tmp_path, *_FACTS, **settings)


def test_round_trip_on_disk(tmp_path):
  texts = [*_FACTS, 'l\u2019eau bout \u2014 \u6c34', 'quotes " and \\']
  queries = ['ice', 'bout', '\u6c34 water', 'quotes']
  first = _engine(tmp_path, *texts)
  found = first.search(queries, 3)
  built = (tmp_path / 'index' / 'index.json').stat().st_mtime_ns
  assert _engine(tmp_path, *texts).search(queries, 3) == found
  assert (tmp_path / 'index' / 'index.json').stat().st_mtime_ns == built
  assert sorted(os.listdir(tmp_path)) == ['facts.txt', 'index']
  assert found[1][0].text == texts[3]


def test_the_second_of_two_builders_leaves_the_first_ones_index(tmp_path):
  engine = _engine(tmp_path, *_FACTS)
  engine.search([], 1)
  before = (tmp_path / 'index' / 'index.json').stat().st_ino
  building.build(engine.folder, engine.corpus, engine.words, 0.9, 0.4, {})
  assert (tmp_path / 'index' / 'index.json').stat().st_ino == before
  assert sorted(os.listdir(tmp_path)) == ['facts.txt', 'index']


def test_arrays_stay_on_disk(tmp_path):
  engine = _engine(tmp_path, *_FACTS)
  engine.search([], 1)
  opened = index.Index(tmp_path / 'index')
  assert len(opened) == 3
  arrays = [opened._engine.scores[name] for name in ('data', 'indices')]
  assert all(isinstance(array.base, np.memmap) for array in arrays)


def test_an_index_of_another_corpus(tmp_path):
  _engine(tmp_path, *_FACTS).search([], 1)
  with pytest.raises(ValueError, match=r'index is the index of another corpus'):
    _engine(tmp_path, *_FACTS, 'one more').search([], 1)


@pytest.mark.parametrize(
  ('settings', 'sentence'),
  [
    ({'words': words.Words(stop_words=())}, "stemmer None, expected 'english'"),
    ({'words': words.Words(stemmer=None)}, r"stop_words \[\], expected \['a'"),
    ({'k1': 1.2}, 'k1 0.9, expected 1.2'),
    ({'b': 0.75}, 'b 0.4, expected 0.75'),
  ],
)
def test_an_index_of_other_settings(tmp_path, settings, sentence):
  _engine(tmp_path, *_FACTS).search([], 1)
  with pytest.raises(ValueError, match=f'was built with {sentence}'):
    _engine(tmp_path, *_FACTS, **settings).search([], 1)


def test_an_index_of_another_release_of_the_stemmer(tmp_path, monkeypatch):
  # Snowball's English changed from 2.2 to 3.1.
  settings = {'words': words.Words()}
  _engine(tmp_path, *_FACTS, **settings).search([], 1)
  monkeypatch.setattr(words.Stemmer, 'version', lambda: '0.1')
  with pytest.raises(ValueError, match=r"stemmer_version .* expected '0.1'"):
    _engine(tmp_path, *_FACTS, **settings).search([], 1)


def test_a_folder_that_is_no_index(tmp_path):
  (tmp_path / 'index').mkdir()
  (tmp_path / 'index' / 'mine.txt').write_text('keep')
  with pytest.raises(ValueError, match='is no index of passages'):
    _engine(tmp_path, *_FACTS).search([], 1)
  assert os.listdir(tmp_path / 'index') == ['mine.txt']


@pytest.mark.parametrize(
  ('texts', 'sentence'),
  [
    ((), 'facts.txt: no passage in it'),
    (('the of', '?!'), 'facts.txt: no words in it beside stop words'),
  ],
)
def test_what_cannot_be_indexed_leaves_nothing(tmp_path, texts, sentence):
  engine = _engine(tmp_path, *texts, words=words.Words())
  with pytest.raises(ValueError, match=sentence):
    engine.search([], 1)
  assert os.listdir(tmp_path) == ['facts.txt']


def test_a_passage_without_words_is_never_found(tmp_path):
  found = _engine(tmp_path, 'ice', '?!', 'ice').search(['ice'], 9)[0]
  assert [hit.id for hit in found] == ['1', '3']


def test_describe(tmp_path):
  engine = _engine(tmp_path, *_FACTS)
  assert engine.describe().endswith('to be built')
  engine.search([], 1)
  assert engine.describe().endswith('there already')
  absent = corpus.Corpus(path=str(tmp_path / 'none.txt'))
  with pytest.raises(ValueError, match='no such file'):
    _engine(tmp_path, corpus=absent).describe()


def test_the_index_says_what_it_was_made_of(tmp_path):
  _engine(tmp_path, *_FACTS).search([], 1)
  said = json.loads((tmp_path / 'index' / 'index.json').read_text())
  assert said['stemmer'] is None
  assert (said['k1'], said['b']) == (0.9, 0.4)


def test_searching_leaves_jax_alone(tmp_path):
  path = _corpus(tmp_path, *_FACTS).path
  code = f"""
import sys
from distill_jax.retrieval import bm25, corpus
engine = bm25.BM25(
  corpus=corpus.Corpus(path={path!r}), index_dir={str(tmp_path / 'index')!r}
)
assert engine.search(['ice'], 1)[0][0].id == '1'
assert 'jax' not in sys.modules
"""
  subprocess.run([sys.executable, '-c', code], check=True)


def test_searching_beside_jax(tmp_path, monkeypatch):
  jax = types.ModuleType('jax')
  monkeypatch.setitem(sys.modules, 'jax', jax)
  assert _engine(tmp_path, *_FACTS).search(['ice'], 1)
  assert sys.modules['jax'] is jax


@dataclasses.dataclass(frozen=True)
class _Made:
  """A corpus that no file holds."""

  texts: tuple[str, ...]
  path: str = 'made facts'

  def check(self):
    pass

  def fingerprint(self):
    return str(hash(self.texts))

  def passages(self):
    for number, text in enumerate(self.texts):
      yield record.Passage(id=f'fact {number}', text=text)


def test_a_corpus_without_a_file_and_an_index_that_is_not_kept(tmp_path):
  engine = bm25.BM25(corpus=_Made(_FACTS), words=_PLAIN)
  assert engine.describe() == (
    'BM25 over made facts, index to be built each time'
  )
  found = engine.search(['water'], 3)[0]
  expected = _engine(tmp_path, *_FACTS).search(['water'], 3)[0]
  assert [hit.id for hit in found] == ['fact 1', 'fact 0']
  assert [hit.text for hit in found] == [hit.text for hit in expected]
  assert [hit.score for hit in found] == [hit.score for hit in expected]
  folder = engine.folder
  assert folder.exists()
  del engine
  gc.collect()
  assert not folder.parent.exists()


def test_facts_tell_engines_apart(tmp_path):
  facts = [
    _engine(tmp_path, *texts, **settings).facts
    for texts, settings in (
      (_FACTS, {}),
      (_FACTS[:2], {}),
      (_FACTS, {'b': 0.5}),
      (_FACTS, {'words': words.Words()}),
    )
  ]
  assert len({json.dumps(one) for one in facts}) == 4
  assert _engine(tmp_path, *_FACTS, index_dir='elsewhere').facts == facts[0]


def test_scores_of_given_passages_are_the_formula_s(tmp_path):
  rng = random.Random(3)
  texts = [' '.join(rng.choices('abcdefgh', k=9)) for _ in range(40)]
  engine = _engine(tmp_path, *texts)
  queries, ids = ['a b b', 'c zzz', 'zzz'], [['7', '3', '40'], ['1'], ['2']]
  found = engine.scores(queries, ids)
  for query, some, scores in zip(queries, ids, found, strict=True):
    formula = _lucene(texts, query, 0.9, 0.4)
    expected = [formula[int(id) - 1] for id in some]
    np.testing.assert_allclose(scores, expected, rtol=1e-5)


def test_scores_are_those_of_the_search(tmp_path):
  engine = _engine(tmp_path, *_FACTS)
  (hits,) = engine.search(['ice in warm water'], 3)
  (scores,) = engine.scores(['ice in warm water'], [[hit.id for hit in hits]])
  assert len(hits) == 3
  assert scores == [hit.score for hit in hits]


def test_a_passage_that_is_not_there_has_no_score(tmp_path):
  engine = _engine(tmp_path, *_FACTS)
  with pytest.raises(ValueError, match=r"facts\.txt has no passage '9'"):
    engine.scores(['ice'], [['1', '9']])


def test_ids_that_no_passage_has(tmp_path):
  engine = _engine(tmp_path, *_FACTS)
  assert engine.lacking({'1', '3', '4', ''}) == {'4', ''}
  assert engine.lacking(()) == set()


@dataclasses.dataclass(frozen=True)
class _Named(_Made):
  """A corpus whose passages all have one name."""

  def passages(self):
    for text in self.texts:
      yield record.Passage(id='same', text=text)


def test_two_passages_of_one_name(tmp_path):
  engine = bm25.BM25(
    corpus=_Named(_FACTS), index_dir=str(tmp_path / 'index'), words=_PLAIN
  )
  with pytest.raises(
    ValueError, match="facts: two passages have the id 'same'"
  ):
    engine.search([], 1)
  assert os.listdir(tmp_path) == []
  assert bm25.BM25(corpus=_Named(_FACTS[:1])).search(['ice'], 1)[0]


def test_no_passage_of_a_made_corpus():
  with pytest.raises(ValueError, match='made facts: no words in it'):
    bm25.BM25(corpus=_Made(())).search(['ice'], 1)
