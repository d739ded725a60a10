"""From an endpoint to a student: what was collected trains as it is."""

import json

import pytest

from distill_jax.cli import loading
from distill_jax.rationales import store
from distill_jax.text import answers, consistency
from distill_jax.training import loop
from tests.data import caches
from tests.teachers import collecting, server

_SHORT = {
  'PRETRAINING_STEPS': 4,
  'STEPS': 12,
  'PERIOD': 2,
  'VALIDATE_EVERY': 12,
  'LOG_EVERY': 1,
  'BATCH_SIZE': 8,
}


@pytest.fixture(scope='module')
def output(tmp_path_factory):
  """A store of 80 questions with five samples each."""
  folder = tmp_path_factory.mktemp('teacher') / 'stories'
  with server.serve(reply='tests.teachers.server_replies:story') as endpoint:
    collecting.collected(endpoint.url, folder, limit=80).run('')
    assert endpoint.count()['samples'] == 400
  for split in ('validation', 'test'):  # to be quick
    path = folder / f'{split}.jsonl'
    path.write_text(''.join(path.read_text('utf-8').splitlines(True)[:8]))
  return folder


def test_its_votes_are_won_lost_and_tied(output):
  kind, right, won, lost, ties = answers.Equation(), 0, 0, 0, 0
  for record in store.read(output / 'train.jsonl'):
    said = [kind.parse(one.answer) for one in record.rationales]
    assert len(said) == 5
    assert None not in said
    vote = consistency.vote(said, kind.same)
    won += len(vote.positives)
    lost += len(vote.negatives)
    ties += vote.tie
    right += kind.correct(said[vote.majority], record.label)
  assert won > 200
  assert lost > 40
  assert ties > 2
  assert 0.7 < right / 80 < 0.99


@pytest.mark.slow
def test_it_trains_by_qcrd(output, tmp_path, monkeypatch):
  monkeypatch.setattr('distill_jax.data.tokenizer.run', caches.tokenise)
  macros = {
    'ANSWERS': '@answers.Equation()',
    'CACHE_DIR': tmp_path / 'cache',
    'DATA_DIR': output,
    'MODEL_DIR': tmp_path / 'run',
    **_SHORT,
  }
  run, config = loading.load(
    ['qcrd_tiny.gin', 'data/records.gin'],
    [(name, str(value)) for name, value in macros.items()],
  )
  loop.train(run, config)
  lines = (tmp_path / 'run' / 'metrics.jsonl').read_text().splitlines()
  student = [one for one in map(json.loads, lines) if 'contrastive' in one]
  assert len(student) == _SHORT['STEPS']
  # The student's own negatives come later: these lost the vote.
  assert 0 < student[0]['has_negative'] <= 1
  assert student[-1]['label_nll'] < 0.9 * student[0]['label_nll']
  result = json.loads((tmp_path / 'run/eval/records.json').read_text())
  assert result['num_examples'] == 8
