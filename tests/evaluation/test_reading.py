"""What is read beside a question, and how often it is the right passage."""

import pytest

from distill_jax.data import lengths, source
from distill_jax.evaluation import reading
from distill_jax.rationales import record
from distill_jax.retrieval import knowledge, queries, retriever
from distill_jax.text import instruction, reasoning


class _Alphabet:
  """Finds a, b, c, ... in this order, whatever is asked."""

  def __init__(self):
    self.asked = []

  def lacking(self, ids):
    return {one for one in ids if one not in 'abcdefgh'}

  def search(self, queries, k):
    self.asked += [(query, k) for query in queries]
    return [
      [
        retriever.Hit(id=letter, text=f'It is {letter}.', score=9.0 - place)
        for place, letter in enumerate('abcdefgh'[:k])
      ]
      for _ in queries
    ]


class _Backwards:
  """Puts the last passage first."""

  def order(self, queries, found):
    assert len(queries) == len(found)
    return [list(reversed(hits)) for hits in found]


def _record(number, *gold):
  return record.Record(
    example_id=f'q/{number}',
    question=f'Which letter is {number}?',
    label='b',
    choices=('a', 'b'),
    rationales=(record.Rationale(text='Surely b.'),),
    extra={'gold_passages': list(gold)} if gold else {},
  )


_RECORDS = [_record(1, 'a'), _record(2, 'c', 'd'), _record(3)]


def _knowledge(**fields):
  return knowledge.Knowledge(retriever=_Alphabet(), **fields)


def test_the_retrievers_order_and_its_hits():
  own = _knowledge(k=2)
  found = reading.read(own, None, _RECORDS)
  assert [[p.id for p in r.passages] for r in found.records] == [['a', 'b']] * 3
  assert own.retriever.asked[0] == ('Which letter is 1? a b', 10)
  seconds = found.measures.pop('retrieval_seconds')
  assert seconds >= 0
  # Of the two records with gold passages.
  assert found.measures == {
    'hits@1': 0.5,
    'hits@3': 1.0,
    'hits@5': 1.0,
    'hits@10': 1.0,
  }


def test_a_reranker_chooses_among_the_candidates():
  own = _knowledge(k=1, candidates=4)
  found = reading.read(own, _Backwards(), _RECORDS)
  assert [[p.id for p in r.passages] for r in found.records] == [['d']] * 3
  assert own.retriever.asked[0][1] == 4
  assert found.measures['candidate_hits@1'] == 0.5
  assert found.measures['hits@1'] == 0.5
  assert found.measures['hits@3'] == 0.5  # d, c, b: not a
  assert found.measures['reranking_seconds'] >= 0


def test_without_gold_passages_there_are_no_hits():
  found = reading.read(_knowledge(), None, _RECORDS[2:])
  assert list(found.measures) == ['retrieval_seconds']


def test_an_oracle_asks_by_the_teachers_rationale():
  own = _knowledge(query=queries.FirstRationale())
  found = reading.read(own, None, _RECORDS[:1])
  assert own.retriever.asked == [('Surely b.', 10)]
  assert [p.id for p in found.records[0].passages] == ['a']
  bare = record.Record(example_id='q/9', question='Which?')
  with pytest.raises(ValueError, match='q/9: no rationale'):
    reading.read(own, None, [bare])


def test_gold_passages_that_nobody_can_find_are_told(caplog):
  own = _knowledge()
  reading.read(own, None, _RECORDS)
  assert not caplog.records
  reading.read(own, None, [*_RECORDS, _record(4, 'z')])
  (said,) = [record.getMessage() for record in caplog.records]
  assert "1 of 4 gold passages are not in the corpus, such as 'z'" in said


class _Split:
  """The part of a cached split that is asked for."""

  def __init__(self, records):
    self._records = records

  name = 'test'

  def records(self):
    return self._records

  def reread(self, records, label_inputs, rationale_inputs):
    return records, label_inputs, rationale_inputs


def test_inputs_hold_the_passages_of_now():
  own = source.Source(
    task='records',
    prompts=reasoning.Reasoning(form=instruction.Instruction(passages=1)),
    knowledge=_knowledge(),
  )
  (records, inputs, same), told = reading.reread(
    own, own.knowledge, None, _Split(_RECORDS)
  )
  assert 'retrieval_seconds' in told
  assert len(inputs) == len(records) == 3
  read = own.vocabulary.decode(inputs[0].tolist())
  assert read.endswith('Knowledge: It is a. Explanation:')
  assert [a.tolist() for a in inputs] == [b.tolist() for b in same]
  split = _Split(_RECORDS)
  bare = source.Source(task='records')
  assert reading.reread(bare, None, None, split) == (split, {})


def test_what_does_not_reach_the_student_is_told(caplog):
  own = source.Source(
    task='records',
    prompts=reasoning.Reasoning(form=instruction.Instruction(passages=1)),
    knowledge=_knowledge(),
    lengths=lengths.Lengths(inputs=40),
  )
  reading.reread(own, own.knowledge, None, _Split(_RECORDS))
  (said,) = [record.getMessage() for record in caplog.records]
  assert '3 of 3 questions do not reach the student whole' in said
