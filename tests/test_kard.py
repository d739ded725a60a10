"""KARD from end to end: reranker, student, and the two together."""

import json

import pytest
from distill_jax.tasks import invented_facts

from distill_jax import evaluate, generate
from distill_jax.cli import loading
from distill_jax.retrieval import hits
from distill_jax.training import loop
from tests.data import caches

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  """The folder of three runs of a few steps."""
  folder = tmp_path_factory.mktemp('kard')
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr('distill_jax.data.tokenizer.run', caches.tokenise)
    _train(folder, 'reranker', STEPS=4, VALIDATE_EVERY=4)
    _train(folder, 'kard', STEPS=4)
    begun = {
      'INITIAL_CHECKPOINT': folder / 'kard',
      'RERANKER': folder / 'reranker',
    }
    _train(folder, 'kard_reranked', **begun)
  return folder


def _train(folder, name, *overlays, to=None, **macros):
  macros |= {'MODEL_DIR': folder / (to or name), 'CACHE_DIR': folder / 'cache'}
  run, config = loading.load(
    [f'{name}_tiny.gin', *overlays],
    [(key, str(value)) for key, value in macros.items()],
    others=loading.OTHERS,
  )
  loop.train(run, config)


def _result(folder, name):
  path = folder / name / 'eval' / 'invented_facts.json'
  return json.loads(path.read_text())


def _predictions(folder, name):
  path = folder / name / 'predictions' / 'invented_facts.jsonl'
  return [json.loads(line) for line in path.read_text().splitlines()]


def test_hits_are_those_of_the_passages_that_were_shown(folder):
  gold = [
    r.extra['gold_passages'] for r in invented_facts.DATA_SET.records('test')
  ]
  for name in ('kard', 'kard_reranked'):
    rows = _predictions(folder, name)
    assert [row['gold_passages'] for row in rows] == gold
    assert all(len(row['passages']) == 1 for row in rows)
    right = sum(row['passages'] == row['gold_passages'] for row in rows)
    assert _result(folder, name)['hits@1'] == pytest.approx(right / len(rows))


def test_the_reranker_orders_the_passages_of_a_student(folder):
  alone, together = (
    _result(folder, 'reranker'),
    _result(folder, 'kard_reranked'),
  )
  for depth in hits.DEPTHS:
    assert together[f'hits@{depth}'] == pytest.approx(alone[f'hits@{depth}'])
    assert together[f'candidate_hits@{depth}'] == pytest.approx(
      _result(folder, 'kard')[f'hits@{depth}']
    )
  stages = ('retrieval', 'reranking', 'writing')
  assert all(together[f'{stage}_seconds'] > 0 for stage in stages)


def test_evaluate_and_generate_do_it_from_the_folder(
  folder, monkeypatch, capsys
):
  before = _predictions(folder, 'kard_reranked')
  argv = f'--model_dir={folder / "kard_reranked"}'
  monkeypatch.setattr('sys.argv', ['evaluate', argv])
  evaluate.main()
  assert _predictions(folder, 'kard_reranked') == before
  question = before[0]['question']
  output = folder / 'answers.jsonl'
  monkeypatch.setattr(
    'sys.argv',
    ['generate', argv, f'--question={question}', f'--output={output}'],
  )
  generate.main()
  row = json.loads(output.read_text())
  assert [one['id'] for one in row['passages']] == before[0]['passages']
  assert row['rationale'] == before[0]['rationale']


def test_another_reranker_is_refused_before_any_work(folder):
  with pytest.raises(ValueError, match='no best reranker'):
    _train(
      folder,
      'kard_reranked',
      to='refused',
      INITIAL_CHECKPOINT=folder / 'kard',
      RERANKER=folder / 'kard' / 'eval',
    )
  assert not (folder / 'refused').exists()


def test_samples_may_vote(folder, monkeypatch):
  monkeypatch.setattr('distill_jax.data.tokenizer.run', caches.tokenise)
  _train(
    folder,
    'kard',
    'parts/as_it_begins.gin',
    'parts/majority.gin',
    to='voted',
    INITIAL_CHECKPOINT=folder / 'kard',
    VOTERS=2,
  )
  assert _result(folder, 'voted')['num_examples'] == 480
