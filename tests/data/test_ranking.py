"""From records and a corpus to batches of candidates."""

import collections
import dataclasses
import json
import logging

import numpy as np
import pytest

from distill_jax.data import (
  passage_sampling,
  ranking_loader,
  ranking_source,
  share,
)
from distill_jax.retrieval import open_search, queries, truth
from tests.data import rankings

_R, _Q = passage_sampling.BY_RATIONALE, passage_sampling.BY_QUESTION


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  found = rankings.write(tmp_path_factory.mktemp('animals'))
  rankings.source(found).build()
  return found


@pytest.fixture(scope='module')
def source(folder):
  return rankings.source(folder)


def _records(folder, split):
  lines = (folder / f'{split}.jsonl').read_text().splitlines()
  return [json.loads(line) for line in lines]


def test_a_row_for_each_rationale(source, folder):
  split = source.open('train')
  assert len(split) == 12
  expected = [one['example_id'] for one in _records(folder, 'train')] * 2
  found = [one.example_id for one in split.asked()]
  assert found == sorted(expected)
  vocabulary = source.vocabulary
  question = 'Which home has the bee?'
  for row in (split[0], split[1]):
    assert row.question.tolist() == vocabulary.encode(question)


def test_candidates_are_what_two_searches_found(source, folder):
  split, engine = source.open('train'), source.knowledge.retriever
  texts = dict(rankings.facts())
  number = 0
  for record in _records(folder, 'train'):
    (asked,) = engine.search([record['question']], 4)
    for rationale in record['rationales']:
      (known,) = engine.search([rationale['text']], 5)
      ids = {hit.id for hit in asked} | {hit.id for hit in known}
      row = split[number]
      names = [split.passage_ids[candidate] for candidate in row.candidates]
      assert sorted(names) == sorted(ids)
      for name, candidate, bits in zip(names, row.candidates, row.found_by):
        by_rationale = any(hit.id == name for hit in known)
        by_question = any(hit.id == name for hit in asked)
        assert bits == _R * by_rationale + _Q * by_question
        ids = source.vocabulary.encode(texts[name])
        assert split.passage(candidate).tolist() == ids
      number += 1


def test_all_candidates_are_scored_for_the_rationale(folder):
  """Those that only the question found have their own score, not 0."""
  source = rankings.source(folder, by_rationale=2)
  split, engine = source.open('train'), source.knowledge.retriever
  everything = len(rankings.facts())
  some = 0
  for number, record in enumerate(_records(folder, 'train')):
    for position, rationale in enumerate(record['rationales']):
      (hits,) = engine.search([rationale['text']], everything)
      scores = collections.defaultdict(float, {h.id: h.score for h in hits})
      row = split[2 * number + position]
      names = [split.passage_ids[candidate] for candidate in row.candidates]
      np.testing.assert_allclose(row.relevance, [scores[n] for n in names])
      some += sum((row.found_by == _Q) & (row.relevance > 0))
  assert some


def test_passages_are_kept_once(source):
  split = source.open('train')
  names = split.passage_ids
  assert len(set(names)) == len(names) <= len(rankings.facts())
  assert source.open('test').passage_ids == names


def test_questions_of_other_splits(source):
  split = source.open('test')
  (asked,) = split.asked()
  assert asked.example_id == 'owl'
  assert asked.relevant == (frozenset({'owl/lives'}),)
  (hits,) = source.knowledge.retriever.search(['Which home has the owl?'], 6)
  names = [split.passage_ids[number] for number in split[0].candidates]
  assert names == [hit.id for hit in hits]
  np.testing.assert_allclose(split[0].relevance, [hit.score for hit in hits])


def test_without_gold_passages_the_rationales_count(folder):
  other = rankings.source(folder, truth=truth.GoldPassages(key='none'))
  (asked,) = other.open('test').asked()
  engine, (record,) = other.knowledge.retriever, _records(folder, 'test')
  texts = [rationale['text'] for rationale in record['rationales']]
  expected = [{hit.id for hit in hits} for hits in engine.search(texts, 3)]
  assert list(asked.relevant) == expected


def test_gold_passages_and_rationales_are_not_mixed(folder, tmp_path):
  rankings.write(tmp_path)
  (record,) = _records(folder, 'test')
  bare = {**record, 'example_id': 'bare', 'gold_passages': []}
  text = ''.join(json.dumps(one) + '\n' for one in (record, bare))
  (tmp_path / 'test.jsonl').write_text(text)
  split = rankings.source(tmp_path).open('test')
  assert split.truth == 'gold_passages'
  assert [one.relevant for one in split.asked()] == [
    (frozenset({'owl/lives'}),),
    (frozenset(),),
  ]
  (tmp_path / 'test.jsonl').write_text(json.dumps(bare) + '\n')
  split = rankings.source(tmp_path).open('test')
  assert split.truth == 'first 3 by the rationale'
  ((first, second),) = (one.relevant for one in split.asked())
  assert len(first) == 3
  assert second
  assert rankings.source(tmp_path).open('train').truth is None


def test_a_name_that_is_used_twice_is_refused(folder, tmp_path):
  rankings.write(tmp_path)
  text = (tmp_path / 'train.jsonl').read_text()
  (tmp_path / 'train.jsonl').write_text(text + text.splitlines()[1] + '\n')
  said = r"train.jsonl.* example_id 'cat' was used in .* already"
  with pytest.raises(ValueError, match=said):
    rankings.source(tmp_path).build()


def test_a_share_is_that_of_the_student(tmp_path):
  """Questions with nothing to order keep their places."""
  rankings.write(tmp_path)
  lines = (tmp_path / 'train.jsonl').read_text().splitlines()
  records = [json.loads(line) for line in lines]
  records[0]['rationales'] = []
  records[3].update(question='zzz', rationales=[{'text': 'zzz'}])
  text = ''.join(json.dumps(one) + '\n' for one in records)
  (tmp_path / 'train.jsonl').write_text(text)
  for seed in range(8):
    source = rankings.source(tmp_path, share=0.5, share_seed=seed)
    places = share.rows(len(records), 0.5, seed)  # as of a student
    expected = [records[i]['example_id'] for i in places if i not in (0, 3)]
    names = [one.example_id for one in source.open('train').asked()]
    assert list(dict.fromkeys(names)) == expected
    assert set(collections.Counter(names).values()) == {2}


def test_a_share_of_nothing_to_order_is_refused(tmp_path):
  rankings.write(tmp_path)
  lines = (tmp_path / 'train.jsonl').read_text().splitlines()
  bare = {**json.loads(lines[0]), 'question': 'zzz', 'rationales': []}
  more = [{**bare, 'example_id': f'bare {i}'} for i in range(30)]
  text = ''.join(json.dumps(one) + '\n' for one in more)
  (tmp_path / 'train.jsonl').write_text(text + lines[1] + '\n')
  (place,) = share.rows(31, 0.03, 0)
  assert place < 30
  with pytest.raises(ValueError, match='give a larger SHARE'):
    rankings.source(tmp_path, share=0.03).open('train')


def test_a_batch_by_hand(source):
  split = source.open('train')
  loader = ranking_loader.RankingLoader(
    split=split,
    batch_size=3,
    passages=passage_sampling.Passages(by_rationale=2, by_question=2),
    seed=5,
  )
  batch = loader.batch(2)
  assert batch.passages.shape == (3, 4, split.passage_width)
  assert batch.questions.shape == (3, split.question_width)
  for at, example in enumerate(batch.example_index):
    row = split[int(example)]
    question = batch.questions[at]
    assert question[question > 0].tolist() == row.question.tolist()
    texts = {
      tuple(split.passage(number)): score
      for number, score in zip(row.candidates, row.relevance)
    }
    drawn = [tuple(ids[ids > 0]) for ids in batch.passages[at]]
    assert len(set(drawn)) == 4
    scores = [texts[ids] for ids in drawn]
    np.testing.assert_array_equal(batch.relevance[at], scores)
  assert batch.valid.all()
  assert batch.weights.tolist() == [1, 1, 1]


def test_batches_are_a_function_of_the_step(source):
  split = source.open('train')
  make = lambda seed: ranking_loader.RankingLoader(
    split=split, batch_size=5, seed=seed
  )
  for step, batch in make(1).prefetch(3):
    again = make(1).batch(step)
    for name, array in vars(again).items():
      np.testing.assert_array_equal(getattr(batch, name), array)
    if step == 5:
      break
  assert not np.array_equal(
    make(2).batch(0).passages, make(1).batch(0).passages
  )


def test_every_candidate_of_every_row_is_judged_once(source):
  split = source.open('train')
  batches = list(ranking_loader.evaluation(split, 5))
  assert [batch.weights.sum() for batch in batches] == [5, 5, 2]
  assert len({batch.passages.shape for batch in batches}) == 1
  for batch in batches:
    for example, valid, scores in zip(
      batch.example_index, batch.valid, batch.relevance
    ):
      expected = split[int(example)].relevance if example >= 0 else []
      np.testing.assert_array_equal(scores[valid], expected)
  (first,) = ranking_loader.evaluation(split, 5, limit=3)
  assert first.example_index.tolist() == [0, 1, 2, -1, -1]


def test_draws_of_both_kinds():
  rule = passage_sampling.Passages(by_rationale=2, by_question=2)
  found_by = [_R, _R, _R, _R | _Q, _Q, _Q, _Q]
  seen = collections.Counter()
  for epoch in range(200):
    chosen = rule.choose(found_by, epoch, 3)
    assert len(set(chosen)) == 4
    assert all(found_by[i] & _R for i in chosen[:2])
    assert all(found_by[i] & _Q for i in chosen[2:])
    seen.update(chosen)
  assert set(seen) == set(range(7))
  assert rule.choose(found_by, 1, 3) == rule.choose(found_by, 1, 3)
  other = dataclasses.replace(rule, seed=1)
  several = [one.choose(found_by, 1, 3) for one in (rule, other)]
  several += [rule.choose(found_by, 2, 3), rule.choose(found_by, 1, 4)]
  assert len(set(map(tuple, several))) > 2


def test_one_search_fills_the_places_of_the_other():
  rule = passage_sampling.Passages(by_rationale=2, by_question=2)
  assert sorted(rule.choose([_R, _R, _R, _Q], 0, 0)) == [0, 1, 2, 3]
  assert sorted(rule.choose([_R, _Q], 0, 0)) == [0, 1]
  assert sorted(rule.choose([_Q] * 4, 0, 0)) == [0, 1, 2, 3]


def test_a_share_keeps_whole_questions(source):
  half = dataclasses.replace(source, share=0.5)
  assert half.folder() == source.folder()
  names = [one.example_id for one in half.open('train').asked()]
  assert len(names) == 6
  assert set(collections.Counter(names).values()) == {2}
  assert len(half.open('validation')) == 1


@pytest.mark.parametrize(
  'settings',
  [
    {'by_question': 3},
    {'by_rationale': 3},
    {'candidates': 3},
    {'query': queries.Question()},
    {'training_query': queries.EachRationale(question=True)},
    {'truth': truth.RationalePassages()},
    {'lengths': ranking_source.Lengths(passage=9)},
  ],
)
def test_what_decides_the_rows_decides_the_folder(source, folder, settings):
  assert rankings.source(folder, **settings).folder() != source.folder()


def test_another_corpus_is_another_cache(folder, tmp_path):
  other = rankings.write(tmp_path)
  with (other / 'facts.jsonl').open('a') as file:
    file.write('{"id": "more", "text": "The ant is small."}\n')
  assert rankings.source(other).folder().name != (
    rankings.source(folder).folder().name
  )


def test_long_texts_are_cut_and_told(folder, caplog):
  short = ranking_source.Lengths(question=6, passage=5)
  source = rankings.source(folder, lengths=short)
  with caplog.at_level(logging.WARNING):
    split = source.open('train')
  assert 'of the questions are longer than 6 tokens and were cut' in caplog.text
  assert 'raise Lengths.passage to keep them whole' in caplog.text
  assert max(len(split[i].question) for i in range(len(split))) == 6
  assert len(split.passage(0)) == 5


def test_rationales_that_find_nothing_are_left_out(folder, tmp_path, caplog):
  rankings.write(tmp_path)
  lines = (tmp_path / 'train.jsonl').read_text().splitlines()
  record = json.loads(lines[0])
  record['question'] = 'zzz'
  record['rationales'] = [{'text': 'zzz'}, {'text': 'yyy'}]
  text = '\n'.join([json.dumps(record), *lines[1:]]) + '\n'
  (tmp_path / 'train.jsonl').write_text(text)
  with caplog.at_level(logging.WARNING):
    split = rankings.source(tmp_path).open('train')
  assert len(split) == 10
  assert '2 of 12 rationales have fewer than two passages' in caplog.text
  (tmp_path / 'train.jsonl').write_text(json.dumps(record) + '\n')
  with pytest.raises(ValueError, match='no rationale with two passages'):
    rankings.source(tmp_path).build()
  caches = (tmp_path / 'caches').iterdir()
  assert len([path for path in caches if 'ranks' in path.name]) == 1


@pytest.mark.parametrize(
  'name', ['train/rows.jsonl', 'passages/ids.json', 'test/relevance.values']
)
def test_a_cache_that_was_cut_off_is_told(folder, tmp_path, name):
  rankings.write(tmp_path)
  source = rankings.source(tmp_path)
  path = source.build() / name
  path.write_bytes(path.read_bytes()[:-1])
  with pytest.raises(ValueError, match=r'is damaged: it has .* remove the'):
    source.open(name.partition('/')[0].replace('passages', 'train'))


@pytest.mark.parametrize(
  ('make', 'said'),
  [
    (lambda: passage_sampling.Passages(by_rationale=1, by_question=0), 'order'),
    (lambda: ranking_source.Lengths(passage=0), 'Lengths.passage is 0'),
  ],
)
def test_settings_that_are_refused(make, said):
  with pytest.raises(ValueError, match=said):
    make()


def test_a_retriever_that_scores_nothing_is_refused(folder):
  server = open_search.OpenSearch(url='http://localhost:9', index='facts')
  with pytest.raises(ValueError, match='OpenSearch, which scores no given'):
    rankings.source(folder, retriever=server)


def test_an_unknown_split_is_refused(source):
  with pytest.raises(ValueError, match='no split'):
    source.open('tset')
