"""Passages beside the questions of a run."""

import dataclasses
import json

import pytest

from distill_jax.data import cached, prepare, source
from distill_jax.rationales import record
from distill_jax.retrieval import bm25, corpus, knowledge, queries
from distill_jax.text import instruction, reasoning
from tests.data import caches

_FACTS = (
  'ice floats on water',
  'water boils when heated',
  'iron sinks in water',
  'birds have wings',
)


@pytest.fixture
def facts(tmp_path):
  path = tmp_path / 'facts.txt'
  path.write_text('\n'.join(_FACTS))
  return bm25.BM25(corpus=corpus.Corpus(path=str(path)))


def _record(**fields):
  fields = {
    'example_id': 'ice/1',
    'question': 'Does water boil?',
    'label': 'yes',
    'rationales': (
      record.Rationale(text='ice floats'),
      record.Rationale(text='iron sinks'),
    ),
    **fields,
  }
  return record.Record(**fields)


def _ids(passages):
  return [passage.id for passage in passages]


def test_training_asks_by_rationale_and_testing_by_question(facts):
  own = knowledge.Knowledge(retriever=facts, k=1)
  (taught,) = own.taught([_record()])
  assert taught.passages == ()
  assert [_ids(r.passages) for r in taught.rationales] == [['1'], ['3']]
  (asked,) = own.asked([_record()])
  assert _ids(asked.passages) == ['2']
  (more,) = own.asked([_record()], k=3)
  assert _ids(more.passages) == ['2', '1', '3']


def test_many_records_keep_their_order(facts):
  records = [_record(example_id=f'ice/{i}') for i in range(600)]
  own = knowledge.Knowledge(retriever=facts)
  assert [r.example_id for r in own.asked(iter(records))] == [
    r.example_id for r in records
  ]


def test_other_passages_are_another_cache(facts, tmp_path):
  own = knowledge.Knowledge(retriever=facts)
  kinds = [
    own,
    knowledge.Knowledge(retriever=facts, k=2),
    knowledge.Knowledge(retriever=facts, query=queries.Question()),
    knowledge.Knowledge(retriever=facts, training_query=queries.Question()),
  ]
  found = {json.dumps(kind.facts) for kind in kinds}
  assert len(found) == len(kinds)
  # A reranker's choice comes later.
  wider = knowledge.Knowledge(retriever=facts, candidates=7)
  assert wider.facts == own.facts


def test_fewer_candidates_than_k_are_refused(facts):
  with pytest.raises(ValueError, match='k is 3 and candidates 2'):
    knowledge.Knowledge(retriever=facts, k=3, candidates=2)


def test_passages_of_each_rationale_are_for_training_alone(facts):
  with pytest.raises(ValueError, match=r'take queries\.FirstRationale'):
    knowledge.Knowledge(retriever=facts, query=queries.EachRationale())


def test_a_cache_has_a_row_per_rationale(facts, tmp_path, monkeypatch):
  folder = tmp_path / 'data'
  folder.mkdir()
  lines = [record.to_json(_record(example_id=f'ice/{i}')) for i in range(4)]
  lines[1]['rationales'] = []
  for split in ('train', 'validation', 'test'):
    text = '\n'.join(json.dumps(line) for line in lines)
    (folder / f'{split}.jsonl').write_text(text)
  monkeypatch.setattr('distill_jax.data.tokenizer.run', caches.tokenise)
  own = source.Source(
    task='records',
    data_dir=str(folder),
    cache_dir=str(tmp_path / 'cache'),
    prompts=reasoning.Reasoning(form=instruction.Instruction(passages=1)),
    knowledge=knowledge.Knowledge(retriever=facts),
  )
  split = own.open('train')
  names = [one.example_id for one in split.records()]
  assert names == ['ice/0#0', 'ice/0#1', 'ice/1'] + [
    f'ice/{i}#{k}' for i in (2, 3) for k in (0, 1)
  ]
  read = lambda index: own.vocabulary.decode(split[index].label_inputs.tolist())
  assert 'Knowledge: ice floats on water Explanation:' in read(0)
  assert 'Knowledge: iron sinks in water Explanation:' in read(1)
  assert 'Knowledge' not in read(2)
  tested = own.open('test')
  assert len(tested) == 4
  inputs = own.vocabulary.decode(tested[0].label_inputs.tolist())
  assert 'Knowledge: water boils when heated Explanation:' in inputs
  # Half of the questions, with all of their rows.
  half = cached.Split(own.folder(), 'train', share=0.5)
  kept = [one.example_id for one in half.records()]
  questions = {name.partition('#')[0] for name in kept}
  assert len(questions) == 2
  assert kept == [name for name in names if name.partition('#')[0] in questions]
  assert prepare.check(own) is None
  halved = dataclasses.replace(own, share=0.5)
  assert halved.count_training() == (2, 4)
  elsewhere = dataclasses.replace(halved, cache_dir=str(tmp_path / 'none'))
  assert elsewhere.count_training() == (2, 4)
