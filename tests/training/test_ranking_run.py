"""A reranker's run: resumed as it would have gone, tested beside BM25."""

import dataclasses
import json
import pathlib
import sys

import jax
import numpy as np
import pytest
from etils import epath

from distill_jax import train
from distill_jax.cli import errors, loading
from distill_jax.critics import pieces
from distill_jax.data import candidates, ranking_loader, ranking_source
from distill_jax.text import vocabulary
from distill_jax.training import checkpoints, loop, ranking, runner
from tests.data import rankings
from tests.training import small

_GIN = pathlib.Path(__file__).with_name('small_ranking.gin')
_STEPS = 12
_RUN_FILES = sorted(
  path.name
  for kind in ('reranker', 'dense')
  for path in (_GIN.parents[2] / 'gin').glob(f'{kind}_*.gin')
)


@pytest.fixture(scope='module')
def animals(tmp_path_factory, compiled):
  folder = rankings.write(tmp_path_factory.mktemp('animals'))
  _load(folder / 'unused', folder)[0].source.build()
  return folder


@pytest.fixture(scope='module')
def trained(animals, tmp_path_factory):
  folder = tmp_path_factory.mktemp('trained') / 'run'
  loop.train(*_load(folder, animals))
  return folder


def _given(folder, data, **macros):
  return {
    'MODEL_DIR': folder,
    'DATA_DIR': data,
    'CACHE_DIR': data / 'caches',
    'CORPUS': data / 'facts.jsonl',
    **macros,
  }


def _load(folder, data, **macros):
  given = _given(folder, data, **macros)
  return loading.load(
    [str(_GIN)],
    [(name, str(value)) for name, value in given.items()],
    others=loading.OTHERS,
  )


def test_the_loss_falls_and_is_logged(trained):
  rows = [row for row in small.losses(trained) if 'ranking_loss' in row]
  assert [row['step'] for row in rows] == [3, 6, 9, 12]
  assert rows[-1]['ranking_loss'] < rows[0]['ranking_loss']
  judged = [row for row in small.losses(trained) if 'ranking_loss' not in row]
  assert [row['step'] for row in judged] == [5, 10, 12]
  assert {'validation/hits@1', 'validation/candidate_mrr'} <= judged[0].keys()


@pytest.mark.parametrize('at', [1, 4, 11])
def test_a_killed_run_goes_on_as_it_would_have(
  trained, animals, tmp_path, monkeypatch, at
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
    loop.train(*_load(folder, animals))
  loop.train(*_load(folder, animals))
  small.assert_same_run(folder, trained)
  results = [path / 'eval' / 'records.json' for path in (folder, trained)]
  assert results[0].read_text() == results[1].read_text()


def test_the_best_is_kept_by_hits(trained):
  run = _load(trained, trained)[0]
  better = {'hits@1': 0.5, 'hits@10': 0.6, 'mrr': 0.55}
  for name in better:
    worse = {**better, name: 0.1}
    assert run.rank(better) > run.rank(worse)
  assert run.rank({**better, 'hits@10': 0.9}) < run.rank(
    {**better, 'hits@1': 0.6}
  )


def test_what_the_folder_says_is_what_the_best_reranker_scores(
  trained, animals
):
  run = _load(trained, animals)[0]
  result = json.loads((trained / 'eval' / 'records.json').read_text())
  step, params = run.best_params(run.mesh.build())
  assert (result['task'], result['split']) == ('records', 'test')
  assert (result['step'], result['num_examples']) == (step, 1)
  assert result['truth'] == 'gold_passages'
  split = run.source.open('test')
  (batch,) = ranking_loader.evaluation(split, 1)
  scores = run.critic.logits(
    {'critic': params}, batch.questions, batch.passages
  )[0]
  names = [split.passage_ids[number] for number in split[0].candidates]
  place = names.index('owl/lives')
  rank = 1 + sum(score > scores[place] for score in scores)
  assert result['mrr'] == pytest.approx(1 / rank)
  assert result['candidate_mrr'] == pytest.approx(1 / (place + 1))
  for depth in (1, 3, 5, 10):
    assert result[f'hits@{depth}'] == (rank <= depth)
    assert result[f'candidate_hits@{depth}'] == (place < depth)
  (line,) = (trained / 'predictions' / 'records.jsonl').read_text().splitlines()
  row = json.loads(line)
  assert row['retrieved'] == names
  assert row['reranked'] == [names[i] for i in np.argsort(-np.asarray(scores))]
  np.testing.assert_allclose(row['scores'], sorted(scores)[::-1], rtol=1e-4)


def test_the_folder_belongs_to_its_settings_and_data(trained, animals):
  with pytest.raises(ValueError, match=r'another configuration .*\+SEED'):
    loop.train(*_load(trained, animals, SEED=3))
  with pytest.raises(ValueError, match=r'other data \(-passages'):
    # Where the same files lie is no part of a run, what they hold is.
    other = trained.parent / 'other'
    rankings.write(other)
    with (other / 'facts.jsonl').open('a') as file:
      file.write('{"id": "more", "text": "The hen has a home at home."}\n')
    loop.train(*_load(trained, other))


def test_only_the_best_and_two_more_are_kept(trained):
  (best,) = (
    path for path in (trained / 'best').iterdir() if path.name.isdigit()
  )
  with checkpoints.opened(best.parent) as store:
    facts = store.facts(int(best.name))
  assert facts['hits@1'] <= 1
  rows = small.losses(trained)
  found = [row for row in rows if row['step'] == int(best.name)]
  assert any(row.get('validation/mrr') == facts['mrr'] for row in found)


def test_pieces_do_not_change_the_scores(trained, animals):
  run = _load(trained, animals)[0]
  _, params = run.best_params(run.mesh.build())
  split = run.source.open('train')
  batch = next(ranking_loader.evaluation(split, 3))
  scored = jax.jit(
    lambda size: pieces.logits(
      run.critic,
      {'critic': params},
      batch.questions,
      batch.passages,
      size,
    ),
    static_argnums=0,
  )
  np.testing.assert_allclose(scored(2), scored(100), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('name', _RUN_FILES)
def test_run_files_plan(name, monkeypatch, capsys):
  arguments = ['train', f'--gin_file={name}', '--dry_run']
  monkeypatch.setattr(sys, 'argv', arguments)
  train.main()
  said = capsys.readouterr().out
  assert 'critic     ' in said
  assert 'by Ranking (' in said
  text = (_GIN.parents[2] / 'gin' / name).read_text()
  assert f'--gin_file={name}' in text


@pytest.mark.parametrize('part', ['lora', 'cross_encoder'])
def test_parts_lie_over_a_reranker(part, animals, tmp_path):
  given = _given(tmp_path, animals)
  run, _ = loading.load(
    [str(_GIN), f'parts/{part}.gin'],
    [(name, str(value)) for name, value in given.items()],
    others=loading.OTHERS,
  )
  run.check()
  assert type(run.critic).__name__ in ('Adapted', 'CrossEncoder')
  assert run.phases[0].updates[0].objective.critic == run.critic


def test_a_run_without_phases_is_refused(animals, tmp_path):
  run, _ = _load(tmp_path, animals)
  with pytest.raises(ValueError, match='phases is empty'):
    dataclasses.replace(run, phases=())


def test_another_entry_takes_no_reranker(animals, tmp_path):
  with pytest.raises(errors.UsageError, match=r'ranking\.gin describes a '):
    loading.load([str(_GIN)], dry_run=True)


@pytest.mark.parametrize(
  ('macros', 'said'),
  [
    ({'Validation.split': 'train'}, 'found by rationales'),
    ({'Validation.split': 'tset'}, "split is 'tset'"),
    ({'VOCAB_SIZE': 99}, 'vocab_size to at least 350'),
  ],
)
def test_what_cannot_be_trained_is_refused(animals, tmp_path, macros, said):
  with pytest.raises((ValueError, errors.UsageError), match=said):
    run, _ = _load(tmp_path, animals, **macros)
    run.check()


def test_other_candidates_are_refused(animals, tmp_path):
  run, _ = _load(tmp_path, animals)
  phase = dataclasses.replace(run.phases[0], candidates=candidates.LabelsOnly())
  with pytest.raises(ValueError, match='candidates are LabelsOnly'):
    dataclasses.replace(run, phases=(phase,))


def test_the_best_of_an_empty_folder_is_refused(animals, tmp_path):
  run, _ = _load(tmp_path / 'empty', animals)
  (tmp_path / 'empty' / 'best').mkdir(parents=True)
  with pytest.raises(ValueError, match='no best reranker yet'):
    ranking.load(tmp_path / 'empty', None)
  assert run.best == 'critic'


def _ranker(run, folder, **changes):
  return ranking.Ranker(
    **{
      'path': str(folder),
      'critic': run.critic,
      'vocabulary': run.source.vocabulary,
      'lengths': run.source.lengths,
      **changes,
    }
  )


def test_the_ranker_orders_as_the_run_has(trained, animals):
  run, _ = _load(trained, animals)
  ranker = _ranker(run, trained)
  queries = ['Which home has the owl?', 'zzz', 'Which home has the bee?']
  found = run.source.knowledge.retriever.search(queries, 6)
  found[2] = found[2][:3]
  ordered = ranker.order(queries, found)
  text = (trained / 'predictions' / 'records.jsonl').read_text()
  row = json.loads(text)
  assert [hit.id for hit in ordered[0]] == row['reranked']
  scores = [hit.score for hit in ordered[0]]
  np.testing.assert_allclose(scores, row['scores'], rtol=1e-4)
  assert ordered[1] == []
  assert {hit.id for hit in ordered[2]} == {hit.id for hit in found[2]}
  assert ranker.order(queries[2:], found[2:])[0] == pytest.approx(ordered[2])
  assert ranker.order([], []) == []
  assert ranker.order(['zzz'], [[]]) == [[]]


@pytest.mark.parametrize(
  ('changes', 'said'),
  [
    (
      lambda run: {'critic': dataclasses.replace(run.critic, projection_dim=9)},
      'projection_dim was 8, not 9',
    ),
    (
      lambda run: {'lengths': ranking_source.Lengths(passage=7)},
      'lengths.passage was 256, not 7',
    ),
    (
      lambda run: {'vocabulary': vocabulary.Vocabulary(extra_ids=2)},
      'vocabulary was ',
    ),
  ],
)
def test_another_reranker_is_refused(trained, animals, changes, said):
  run, _ = _load(trained, animals)
  ranker = _ranker(run, trained, **changes(run))
  with pytest.raises(ValueError, match=f'another reranker .*{said}'):
    ranker.order([''], [[]])


def test_a_folder_of_something_else_is_no_reranker(trained, animals, tmp_path):
  run, _ = _load(trained, animals)
  with pytest.raises(ValueError, match='has no best reranker, expected'):
    _ranker(run, tmp_path).check()
  store = checkpoints.Store(epath.Path(tmp_path / 'best'), keep=1)
  store.save(3, {'student': {'a': jax.numpy.zeros(2)}}, {'accuracy': 0.5})
  store.close()
  with pytest.raises(ValueError, match='of a run of another kind'):
    _ranker(run, tmp_path).check()


_LORA = """
from __gin__ import dynamic_registration
include '{small}'
include 'parts/lora.gin'
LORA_RANK = 2
LORA_ALPHA = 4.0
"""


def _lora(folder, data):
  path = folder.parent / 'lora.gin'
  path.write_text(_LORA.format(small=_GIN))
  given = [(name, str(value)) for name, value in _given(folder, data).items()]
  return loading.load([str(path)], given, others=loading.OTHERS)


def test_a_run_by_lora_moves_its_factors_and_resumes(
  animals, tmp_path, monkeypatch
):
  one, other, calls = tmp_path / 'a' / 'run', tmp_path / 'b' / 'run', []
  for folder in (one, other):
    folder.parent.mkdir()
  loop.train(*_lora(one, animals))
  advance = runner.PhaseRunner.advance

  def killed(self, step, batch):
    calls.append(step)
    if len(calls) > 4:
      raise small.Killed
    return advance(self, step, batch)

  with monkeypatch.context() as patch, small.killed():
    patch.setattr(runner.PhaseRunner, 'advance', killed)
    loop.train(*_lora(other, animals))
  loop.train(*_lora(other, animals))
  small.assert_same_run(one, other)
  run, _ = _lora(one, animals)
  mesh = run.mesh.build()
  begun = run.initial_params(mesh)['critic']
  leaves = small.parameters(one)
  moments = [name for name in leaves if "['mu']" in name or '.mu' in name]
  moves = dict(jax.tree_util.tree_leaves_with_path(run.critic.trained(begun)))
  for path, leaf in jax.tree_util.tree_leaves_with_path(begun):
    after = leaves["['params']['critic']" + jax.tree_util.keystr(path)]
    assert np.array_equal(leaf, after) != moves[path], path
  assert len(moments) == sum(moves.values())
  ranker = _ranker(run, one)
  found = run.source.knowledge.retriever.search(['Which home has the owl?'], 6)
  assert len(ranker.order(['Which home has the owl?'], found)[0]) == len(
    found[0]
  )
