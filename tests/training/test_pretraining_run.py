"""Pre-training on a corpus: resumed as it would have gone, gone on from."""

import json
import pathlib

import jax
import numpy as np
import pytest

from distill_jax.cli import loading
from distill_jax.training import initial, loop, partition, runner
from tests.training import small

_GIN = pathlib.Path(__file__).with_name('small_pretraining.gin')


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
  path = tmp_path_factory.mktemp('corpus') / 'passages.txt'
  animals = ('owl', 'hen', 'cow', 'fox', 'bee')
  path.write_text(
    '\n'.join(
      f'The {one} lives in house number {i}.'
      for i in range(5)
      for one in animals
    )
  )
  return path


def _load(folder, corpus, **macros):
  given = {
    'MODEL_DIR': folder,
    'CORPUS': corpus,
    'CACHE_DIR': corpus.parent / 'cache',
    **macros,
  }
  return loading.load(
    [str(_GIN)],
    [(name, str(value)) for name, value in given.items()],
    others=loading.OTHERS,
  )


@pytest.fixture(scope='module')
def trained(corpus, tmp_path_factory, compiled):
  folder = tmp_path_factory.mktemp('trained') / 'run'
  loop.train(*_load(folder, corpus))
  return folder


def test_it_learns_to_fill_in(trained):
  judged = [
    row['validation/nll']
    for row in small.losses(trained)
    if 'validation/nll' in row
  ]
  assert len(judged) == 4
  assert judged[-1] < judged[0]
  said = json.loads((trained / 'eval' / 'pretraining.json').read_text())
  assert said['nll'] == pytest.approx(min(judged), rel=1e-5)


@pytest.mark.parametrize('at', [3, 11])
def test_a_killed_run_goes_on_as_it_would_have(
  trained, corpus, tmp_path, monkeypatch, at
):
  folder, calls = tmp_path / 'run', []
  advance = runner.PhaseRunner.advance

  def killed(self, step, batch):
    calls.append(step)
    if len(calls) > at:
      raise small.Killed
    return advance(self, step, batch)

  with monkeypatch.context() as patch, small.killed():
    patch.setattr(runner.PhaseRunner, 'advance', killed)
    loop.train(*_load(folder, corpus))
  loop.train(*_load(folder, corpus))
  small.assert_same_run(folder, trained)


def test_other_runs_begin_with_its_best(trained, corpus):
  run, _ = _load(trained, corpus)
  source = initial.FromCheckpoint(path=str(trained))
  source.check(run.student)
  mesh = partition.Mesh(data=1).build()
  params = source.params(mesh, run.student, jax.random.key(0))
  best = small.parameters(trained, 'best')
  for path, leaf in jax.tree_util.tree_leaves_with_path(params):
    there = best[f"['student']{jax.tree_util.keystr(path)}"]
    np.testing.assert_array_equal(leaf, there)


def test_another_corpus_is_another_run(trained, corpus, tmp_path):
  other = tmp_path / 'passages.txt'
  other.write_text(corpus.read_text().replace('fox', 'dog'))
  with pytest.raises(ValueError, match='other data'):
    loop.train(*_load(trained, other))


@pytest.mark.parametrize(
  ('macros', 'said'),
  [
    ({'EXTRA_IDS': 0, 'VOCAB_LIMIT': 350}, 'set --gin.EXTRA_IDS=1'),
    ({'VOCAB_LIMIT': 350}, 'VOCAB_LIMIT=352'),
    ({'CORPUS': '/nowhere.txt'}, 'no such file'),
    ({'CORPUS': '/nowhere.pdf'}, 'expected a name that ends in'),
  ],
)
def test_what_is_wrong_is_said_before_any_work(corpus, tmp_path, macros, said):
  folder = tmp_path / 'run'
  with pytest.raises(ValueError, match=said):
    loop.train(*_load(folder, corpus, **macros))
  assert not folder.exists()


@pytest.mark.parametrize('name', ['pretrain.gin', 'pretrain_tiny.gin'])
def test_run_files_plan(name):
  run, _ = loading.load([name], dry_run=True, others=loading.OTHERS)
  assert 'corruption 15% in spans of 3 tokens' in run.plan()
