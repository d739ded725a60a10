"""The entry from a corpus and a store to a store with passages."""

import json
import logging
import os
import sys

import pytest

from distill_jax import retrieve
from distill_jax.rationales import store

_FACTS = """ice floats on water
bees make honey
honey is sweet
water boils at 100 degrees
a candle melts
"""
_RECORDS = [
  {
    'example_id': 'a',
    'question': 'What floats?',
    'choices': ['honey', 'ice'],
    'label': 'b',
    'rationales': [
      {'text': 'Bees make it. Q: candle?', 'answer': 'a', 'mine': 1},
      {'text': 'Ice is water.', 'sample': 1},
      {'text': 'It is.'},
    ],
    'gold_passages': '1',
    'more': {'kept': True},
  },
  {'example_id': 'b', 'question': 'What boils?', 'gold_passages': ['5', '2']},
  {'example_id': 'c', 'question': 'Is honey sweet?', 'gold_passages': ['2']},
  {'example_id': 'd', 'question': 'Why?'},
]


@pytest.fixture
def folder(tmp_path):
  (tmp_path / 'facts.txt').write_text(_FACTS)
  lines = [json.dumps(one) for one in _RECORDS]
  (tmp_path / 'in.jsonl').write_text('\n'.join(lines))
  return tmp_path


def _arguments(folder, **bindings):
  given = {
    'CORPUS': folder / 'facts.txt',
    'INDEX_DIR': folder / 'index',
    'STORE': folder / 'in.jsonl',
    'OUTPUT': folder / 'out.jsonl',
    **bindings,
  }
  return [f'--gin.{name}={value}' for name, value in given.items()]


@pytest.fixture
def main(monkeypatch, capsys):
  def run(*argv, gin='retrieve_bm25.gin'):
    argv = ['retrieve', f'--gin_file={gin}', *argv]
    monkeypatch.setattr(sys, 'argv', argv)
    retrieve.main()
    return capsys.readouterr().out

  return run


def _passages(folder, name='out.jsonl'):
  """Ids on each question, and on each of its rationales."""
  return [
    (
      [passage.id for passage in record.passages],
      [[p.id for p in one.passages] for one in record.rationales],
    )
    for record in store.read(folder / name)
  ]


def test_by_question(folder, main):
  said = main(*_arguments(folder))
  assert _passages(folder) == [
    (['1'], [[], [], []]),
    (['4'], []),
    (['3', '2'], []),
    ([], []),
  ]
  # Ranks 1, none and 2; the last record has no gold passage.
  assert 'hits@1 33.3 %, @3 66.7 %, @5 66.7 %, @10 66.7 % of 3 queries; 1' in (
    said
  )
  first, second, *_ = store.read(folder / 'out.jsonl')
  assert first.passages[0].text == 'ice floats on water'
  assert first.passages[0].score > 0
  assert first.extra == {'gold_passages': '1', 'more': {'kept': True}}
  assert first.rationales[0].extra == {'mine': 1}
  assert second.example_id == 'b'


def test_by_question_and_choices(folder, main):
  query = '--gin.Question.choices=True'
  main(*_arguments(folder, PASSAGES=1), query)
  main(*_arguments(folder, PASSAGES=9, OUTPUT=folder / 'all.jsonl'), query)
  assert [ids for ids, _ in _passages(folder)] == [['1'], ['4'], ['3'], []]
  assert _passages(folder, 'all.jsonl')[0][0] == ['1', '3', '2']


def test_by_each_rationale_then_against_its_passages(folder, main):
  by = ['--gin.QUERY=@queries.EachRationale()']
  main(*_arguments(folder), *by, '--gin.EachRationale.until=Q:')
  assert _passages(folder)[0] == ([], [['2'], ['1', '4'], []])

  again = _arguments(folder, STORE=folder / 'out.jsonl', OUTPUT='None')
  said = main(*again, '--gin.TRUTH=@truth.RationalePassages()')
  # The question finds 1: not what the first rationale found, what the second
  # did; the third found nothing.
  assert 'hits@1 50.0 %, @3 50.0 %, @5 50.0 %, @10 50.0 % of 2 queries; 1' in (
    said
  )
  assert sorted(os.listdir(folder)) == [
    'facts.txt',
    'in.jsonl',
    'index',
    'out.jsonl',
  ]


def test_question_before_rationale_and_no_cut(folder, main):
  by = '--gin.QUERY=@queries.EachRationale()'
  main(*_arguments(folder, PASSAGES=9), by, '--gin.EachRationale.question=True')
  found = _passages(folder)[0][1]
  assert set(found[0]) == {'1', '2', '5'}
  assert found[2] == ['1']


def test_the_label_as_a_control(folder, main):
  (folder / 'in.jsonl').write_text(
    json.dumps({'question': 'What is sweet?', 'label': 'candle'})
  )
  main(*_arguments(folder), '--gin.Question.label=True')
  assert sorted(_passages(folder)[0][0]) == ['3', '5']


def test_the_index_alone(folder, main):
  arguments = _arguments(folder, STORE='None', OUTPUT='None')
  assert main(*arguments) == ''
  assert (folder / 'index' / 'index.json').exists()


def test_hits_alone_write_nothing(folder, main):
  assert 'hits@1' in main(*_arguments(folder, OUTPUT='None'))
  assert not (folder / 'out.jsonl').exists()


def test_a_plan_does_nothing(folder, main):
  before = sorted(os.listdir(folder))
  said = main(*_arguments(folder), '--dry_run')
  assert said.startswith('retriever  BM25 over ')
  assert 'to be built' in said
  assert 'query      Question(choices=False' in said
  assert sorted(os.listdir(folder)) == before


@pytest.mark.parametrize(
  ('gin', 'plan'),
  [
    ('retrieve_bm25.gin', 'BM25 over <CORPUS>, index <INDEX_DIR>'),
    ('retrieve_open_search.gin', 'the index <INDEX> of <URL>'),
  ],
)
def test_a_plan_without_values(main, gin, plan):
  assert plan in main('--dry_run', gin=gin)


def test_by_a_server(folder, main, server):
  url, index = f'--gin.URL={server.url}', '--gin.INDEX=facts'
  *_, store_, output = _arguments(folder)
  main(url, index, store_, output, gin='retrieve_open_search.gin')
  assert [ids for ids, _ in _passages(folder)] == [['1'], ['2'], [], []]


@pytest.mark.parametrize(
  ('bindings', 'sentence'),
  [
    ({'STORE': '{folder}/none.jsonl'}, 'none.jsonl: no such file, expected'),
    ({'OUTPUT': '{folder}/in.jsonl'}, 'in.jsonl exists already; nothing is ov'),
    ({'STORE': 'None'}, 'without a store, expected the records'),
    ({'CORPUS': '{folder}/none.txt'}, 'none.txt: no such file'),
    ({'CORPUS': '{folder}/in.csv'}, 'expected a name that ends in .jsonl'),
    ({'PASSAGES': '0'}, 'k is 0, expected at least 1'),
    ({'STEMMER': 'klingon'}, "'klingon', expected None or one of"),
  ],
)
@pytest.mark.parametrize('more', [[], ['--dry_run']])
def test_mistakes_are_told_before_any_work(
  folder, main, capsys, bindings, sentence, more
):
  given = {k: v.format(folder=folder) for k, v in bindings.items()}
  before = sorted(os.listdir(folder))
  with pytest.raises(SystemExit):
    main(*_arguments(folder, **given), *more)
  error = capsys.readouterr().err
  assert sentence in error
  assert error.count('\n') == 1
  assert sorted(os.listdir(folder)) == before


def test_a_wrong_record_leaves_no_output(folder, main, capsys):
  with (folder / 'in.jsonl').open('a') as file:
    file.write('\n{"label": "x"}\n')
  with pytest.raises(SystemExit):
    main(*_arguments(folder))
  assert "in.jsonl:5: record: no 'question'" in capsys.readouterr().err
  assert sorted(os.listdir(folder)) == ['facts.txt', 'in.jsonl', 'index']


def test_more_records_than_go_to_the_retriever_at_once(folder, main):
  lines = [
    json.dumps({'question': ['ice', 'honey', 'why'][i % 3], 'at': i})
    for i in range(600)
  ]
  (folder / 'in.jsonl').write_text('\n'.join(lines))
  main(*_arguments(folder, PASSAGES=1))
  found = [ids for ids, _ in _passages(folder)]
  assert found == [['1'], ['3'], []] * 200
  positions = [one.extra['at'] for one in store.read(folder / 'out.jsonl')]
  assert positions == list(range(600))


@pytest.fixture
def told(caplog):
  """The warnings of a search; the entry passes nothing on to the root."""
  logger = logging.getLogger('distill_jax.retrieval')
  logger.addHandler(caplog.handler)
  yield lambda: [
    one.getMessage() for one in caplog.records if one.levelname == 'WARNING'
  ]
  logger.removeHandler(caplog.handler)


def test_gold_passages_that_the_corpus_lacks(folder, main, told):
  lines = [
    {'question': 'What floats?', 'gold_passages': ['1', '77']},
    {'question': 'What boils?', 'gold_passages': ['77', '4', '5']},
    {'question': 'Why?', 'gold_passages': '0'},
  ]
  (folder / 'in.jsonl').write_text('\n'.join(map(json.dumps, lines)))
  assert 'hits@1 66.7 %, @3 66.7 %' in main(*_arguments(folder))
  (said,) = told()
  assert said.startswith(
    f'{folder / "in.jsonl"}: 2 right passages, of 3 records, are not in the '
    "corpus ('0', '77') and count as not found; correct their ids"
  )


def test_nothing_is_told_where_all_are_there(folder, main, told):
  main(*_arguments(folder))
  assert told() == []
