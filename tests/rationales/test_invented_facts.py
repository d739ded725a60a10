"""The embedded knowledge task: what only a passage tells, and who sees it."""

import collections
import hashlib
import itertools
import re

import pytest
from distill_jax.tasks import invented_facts as task

from distill_jax.rationales import (
  invented_corpus,
  invented_facts,
  invented_wording,
)
from distill_jax.retrieval import bm25, hits, queries, truth, words
from distill_jax.text import consistency, prompts

_SEEDS = (0, 1, 2)


@pytest.fixture(scope='module')
def records():
  return {
    split: list(invented_facts.read(split)) for split in invented_facts.SPLITS
  }


@pytest.fixture(scope='module')
def passages():
  corpus = invented_corpus.InventedCorpus()
  return {passage.id: passage.text for passage in corpus.passages()}


@pytest.fixture(scope='module')
def retriever():
  return bm25.BM25(corpus=invented_corpus.InventedCorpus())


def test_the_same_seed_draws_the_same_questions_and_passages():
  read = lambda seed: [
    list(invented_facts.read(split, seed=seed))
    for split in invented_facts.SPLITS
  ]
  assert read(0) == read(0)
  assert read(0) != read(1)
  corpora = [invented_corpus.InventedCorpus(seed=seed) for seed in (0, 0, 1)]
  first, again, other = (list(corpus.passages()) for corpus in corpora)
  assert first == again
  assert first != other
  assert corpora[0].fingerprint() == corpora[1].fingerprint()
  assert corpora[0].fingerprint() != corpora[2].fingerprint()


def test_questions_do_not_move():
  # Published scores belong to these very texts. The digest is of their
  # characters alone.
  told = hashlib.sha256()
  for split in invented_facts.SPLITS:
    for record in invented_facts.read(split):
      rationales = [rationale.text for rationale in record.rationales]
      for text in (record.question, record.label, *rationales):
        told.update(text.encode())
  assert told.hexdigest()[:16] == 'b210dc0e3bd378b6'


def test_sizes(records, passages):
  sizes = {split: len(found) for split, found in records.items()}
  assert sizes == {'train': 1800, 'validation': 300, 'test': 480}
  assert len(passages) == sum(sizes.values())


def test_a_gold_passage_answers_its_question_and_no_other_one_does(
  records, passages
):
  """Land and animal of a question are together in its own passage alone."""
  by_land = collections.defaultdict(list)
  for id, text in passages.items():
    (land,) = _lands(text)
    by_land[land].append((id, text))
  for record in itertools.chain(*records.values()):
    (land,) = _lands(record.question)
    telling = [id for id, text in by_land[land] if record.label in _split(text)]
    assert telling == record.extra['gold_passages']
    assert record.label not in _split(record.question)


def test_a_passage_tells_of_one_animal(passages):
  for text in passages.values():
    assert len(set(_split(text)) & set(invented_wording.ANIMALS)) == 1


def test_every_gold_passage_has_distractors(records, passages):
  by_land = collections.Counter(id.split('/')[0] for id in passages)
  by_relation = collections.Counter(id.split('/')[1] for id in passages)
  for record in itertools.chain(*records.values()):
    (gold,) = record.extra['gold_passages']
    land, relation = gold.split('/')
    assert [land] == _lands(passages[gold])
    assert by_land[land] - 1 >= 5
    assert by_relation[relation] - 1 >= 400


def test_a_relation_shares_no_word_with_what_describes_it():
  """Only the name of the land leads words from there to the passage."""
  for relation in invented_wording.RELATIONS:
    told = set(words.Words().of(' '.join(relation.passages)))
    for question in relation.described + relation.held_out:
      assert told & set(words.Words().of(question)) == {'e'}
    for question in relation.named:
      assert told & set(words.Words().of(question)) > {'e'}


def test_names_are_words_of_their_own():
  names = [
    first + second
    for first in invented_wording.FIRST
    for second in invented_wording.SECOND
  ]
  found = [tuple(words.Words().of(name)) for name in names]
  assert len(set(found)) == len(names)
  assert {len(of_name) for of_name in found} == {1}


def test_no_split_knows_of_the_lands_of_another_one(records):
  """Nothing that is trained on names a land of validation or test."""
  own = {
    split: set(_lands(' '.join(_texts(found))))
    for split, found in records.items()
  }
  assert [len(lands) for lands in own.values()] == [300, 50, 80]
  for one, other in itertools.combinations(own.values(), 2):
    assert one.isdisjoint(other)


def test_training_with_one_passage_sees_its_own_facts_alone(records, retriever):
  """The best passage by a training rationale is the gold one, always.

  So with k = 1 nothing that a student is trained on tells of a land of another
  split. Later passages may do, those of the same relation and animal, and so
  may the candidates of a reranker: as with any corpus, texts are there before
  they are asked about, and no target says what they answer.
  """
  ranks = _ranks(retriever, queries.EachRationale(), records['train'])
  assert set(ranks) == {1}


@pytest.mark.parametrize('seed', _SEEDS)
@pytest.mark.parametrize('split', invented_facts.SPLITS)
def test_questions_find_some_passages_and_rationales_all(split, seed):
  retriever = bm25.BM25(corpus=invented_corpus.InventedCorpus(seed=seed))
  some = list(itertools.islice(invented_facts.read(split, seed=seed), 300))
  assert 0.3 < _hits(retriever, queries.Question(), some) < 0.5
  assert _hits(retriever, queries.EachRationale(), some) > 0.98


def test_every_kind_of_wording_is_where_it_belongs(records):
  kinds = {
    split: collections.Counter(record.extra['wording'] for record in found)
    for split, found in records.items()
  }
  assert set(kinds['train']) == {'named', 'described'}
  for split in ('validation', 'test'):
    total = sum(kinds[split].values())
    assert 0.5 < kinds[split]['described'] / total < 0.7
    assert 0.1 < kinds[split]['held_out'] / total < 0.2
  # What a question of training is, without its land, is none of held_out.
  asked = {_frame(record.question) for record in records['train']}
  new = {
    _frame(record.question)
    for record in records['test']
    if record.extra['wording'] == 'held_out'
  }
  others = {
    _frame(record.question)
    for record in records['test']
    if record.extra['wording'] != 'held_out'
  }
  assert asked.isdisjoint(new)
  assert asked >= others


def test_animals_are_as_frequent_as_chance_has_it(records):
  """No answer, and no answer to a relation, is worth a guess."""
  for found in records.values():
    asked = collections.Counter(record.label for record in found)
    assert max(asked.values()) < 1.6 * len(found) / 16
  pairs = collections.Counter(
    (record.extra['relation'], record.label) for record in records['train']
  )
  assert max(pairs.values()) < 2 * 300 / 16


def test_rationales_agree_with_the_label_and_differ(records):
  answers = task.DATA_SET.answers
  for record in itertools.chain(*records.values()):
    assert prompts.gold(record, answers) == record.label
    texts = [rationale.text for rationale in record.rationales]
    assert len(set(texts)) == invented_facts.SAMPLES == 5
    for text in texts:
      assert set(_split(text)) & set(invented_wording.ANIMALS) == {record.label}
      assert _lands(text) == _lands(record.question)
    given = prompts.given_answers(record.rationales, answers)
    vote = consistency.vote(given, answers.same)
    assert all(vote.sign(sample) == 1 for sample in range(len(texts)))


def test_an_unknown_split_is_named():
  with pytest.raises(ValueError, match="no split 'dev'; choose one of"):
    next(invented_facts.read('dev'))


def _hits(retriever, query, records):
  return hits.share(_ranks(retriever, query, records), 1)


def _ranks(retriever, query, records):
  ranks = []
  for record in records:
    found = retriever.search(query.texts(record), 1)
    ids = [[hit.id for hit in one] for one in found]
    ranks += hits.ranks(ids, truth.GoldPassages().relevant(record))
  return ranks


def _split(text):
  return re.findall('[A-Za-z]+', text)


_NAME = re.compile(
  rf'\b(?:{"|".join(invented_wording.FIRST)})'
  rf'(?:{"|".join(invented_wording.SECOND)})\b'
)


def _lands(text):
  return sorted(set(_NAME.findall(text)))


def _frame(question):
  return _NAME.sub('', question)


def _texts(records):
  for record in records:
    yield record.question
    yield record.label
    yield from (rationale.text for rationale in record.rationales)
