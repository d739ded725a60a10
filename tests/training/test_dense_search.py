"""A short run whose student searches its passages by an encoder of its own."""

import json

import jax
import numpy as np
import pytest
from etils import epath

from distill_jax import generate
from distill_jax.cli import loading
from distill_jax.training import loop, runner, trained_retriever
from tests.data import caches, rankings
from tests.training import small

_STEPS = 6
_FILES = ['methods/rag.gin', 'parts/kard_tiny.gin', 'data/records.gin']


@pytest.fixture(scope='module')
def records(tmp_path_factory):
  return rankings.write(tmp_path_factory.mktemp('animals') / 'records')


def _load(folder, records, **settings):
  given = {
    'TASK': 'records',
    'DATA_DIR': records,
    'CORPUS': records / 'facts.jsonl',
    'COLLECTION': '@corpus.Corpus()',
    'CACHE_DIR': records.parent / 'cache',
    'MODEL_DIR': folder,
    'VOCABULARY': 'embedded',
    'VOCAB_LIMIT': 350,
    't5.T5Config.emb_dim': 16,
    't5.T5Config.num_heads': 2,
    't5.T5Config.head_dim': 8,
    't5.T5Config.mlp_dim': 16,
    't5.T5Config.num_encoder_layers': 1,
    't5.T5Config.num_decoder_layers': 1,
    't5.T5Config.dropout_rate': 0.1,
    'source.Source.answers': '@answers.Text()',
    'lengths.Lengths.inputs': 96,
    'lengths.Lengths.label': 64,
    'lengths.Lengths.rationale': 64,
    'STEPS': _STEPS,
    'PASSAGES': 3,
    'BATCH_SIZE': 4,
    'WARMUP': 0,
    'CRITIC_WARMUP': 0,
    'VALIDATE_EVERY': 3,
    'LOG_EVERY': 2,
    'validation.Validation.batch_size': 4,
    'checkpoints.Checkpoints.every_steps': 2,
    **settings,
  }
  bindings = [(name, str(value)) for name, value in given.items()]
  return loading.load(_FILES, bindings)


@pytest.fixture(scope='module')
def seen():
  """The parameters before each step of the run that nobody stopped."""
  return {}


def _watch(patch, before_step):
  advance = runner.PhaseRunner.advance

  def watched(self, step, batch):
    before_step(self, step)
    return advance(self, step, batch)

  patch.setattr(runner.PhaseRunner, 'advance', watched)


@pytest.fixture(scope='module')
def finished(records, seen, tmp_path_factory):
  """The folder of that run."""
  folder = tmp_path_factory.mktemp('rag') / 'run'
  run, config = _load(folder, records)

  def keep(runner, step):
    both = {**runner.params, **runner._constants}
    seen[step] = jax.tree.map(np.array, both)

  with pytest.MonkeyPatch.context() as patch:
    patch.setattr('distill_jax.data.tokenizer.run', caches.tokenise)
    _watch(patch, keep)
    loop.train(run, config)
  return folder


def _moved(before, after, name):
  pairs = zip(*map(jax.tree.leaves, (before[name], after[name])), strict=True)
  return [bool(np.any(one != other)) for one, other in pairs]


def test_both_networks_move_and_the_passages_stay(finished, seen):
  assert all(_moved(seen[0], seen[1], 'critic'))
  assert all(_moved(seen[0], seen[1], 'student'))
  assert not any(_moved(seen[0], seen[_STEPS - 1], 'passages'))
  assert seen[0]['passages'].embeddings.shape == (24, 16)


def test_leaves_what_a_run_promises(finished):
  terms = {name for line in small.losses(finished) for name in line}
  assert {'marginal_nll', 'top_prior', 'validation/hits@1'} <= terms
  said = json.loads((finished / 'eval' / 'records.json').read_text())
  assert {'accuracy', 'hits@1', 'hits@10'} <= said.keys()
  assert 'searched: passages ' in (finished / 'data.txt').read_text()
  lines = (finished / 'predictions' / 'records.jsonl').read_text().splitlines()
  assert len(json.loads(lines[0])['passages']) == 1
  # Passages are searched in the step: no checkpoint holds them.
  held = small.parameters(finished)
  assert not any('passages' in name for name in held)


def test_it_is_asked_by_its_own_encoder(finished, records):
  run, _ = _load(finished, records)
  queries = ['Which home has the owl?', 'Where does the bee rest?']
  found = run.knowledge.retriever.search(queries, 3)
  newest = small.parameters(finished)
  leaves, tree = jax.tree_util.tree_flatten_with_path(
    jax.eval_shape(run.search.encoder.init, jax.random.key(0))
  )
  own = tree.unflatten(
    newest[f"['params']['critic']{jax.tree_util.keystr(path)}"]
    for path, _ in leaves
  )
  asked = run.search.encoder.vectors(own, run.search.read(queries))
  scores = asked @ run.search.load(epath.Path(finished)).T
  ids = [id for id, _ in rankings.facts()]
  for hits, row in zip(found, np.asarray(scores)):
    best = sorted(range(len(ids)), key=lambda n: -row[n])[:3]
    assert [hit.id for hit in hits] == [ids[n] for n in best]
    np.testing.assert_allclose([h.score for h in hits], row[best], rtol=1e-4)
  assert run.knowledge.retriever.lacking(['bee/eats', 'x']) == {'x'}
  assert run.knowledge.retriever.search([], 3) == []


def test_generates_beside_what_it_finds(finished, monkeypatch, capsys):
  argv = ['generate', f'--model_dir={finished}', '--question=Which home?']
  monkeypatch.setattr('sys.argv', argv)
  generate.main()
  assert 'passage:   ' in capsys.readouterr().out


@pytest.mark.slow
def test_goes_on_as_if_nothing_had_happened(
  finished, records, tmp_path, monkeypatch
):
  folder = tmp_path / 'run'

  def kill(_, step):
    if step == 5:  # a checkpoint was due after four steps
      raise small.Killed

  with monkeypatch.context() as patch:
    _watch(patch, kill)
    with small.killed():
      loop.train(*_load(folder, records))
  loop.train(*_load(folder, records))
  small.assert_same_run(folder, finished)


def test_another_corpus_is_refused(finished, records, tmp_path):
  other = tmp_path / 'other.txt'
  other.write_text('Birds sing.\nIce floats.\nIron sinks.\n')
  run, _ = _load(finished, records)
  changed, _ = _load(finished, records, CORPUS=other)
  retriever = trained_retriever.TrainedRetriever(
    engine=changed.search, path=str(finished)
  )
  with pytest.raises(ValueError, match='was made of another corpus'):
    retriever.search(['Birds?'], 1)
  with pytest.raises(ValueError, match=r'no passages\.npz'):
    trained_retriever.TrainedRetriever(
      engine=run.search, path=str(tmp_path)
    ).search(['Birds?'], 1)


@pytest.mark.parametrize(
  ('name', 'value', 'said'),
  [
    ('PASSAGES', 25, 'has 24 passages and RetrievalAugmented.k is 25'),
    ('dense_search.DenseSearch.memory_gib', 1e-6, 'take a smaller corpus'),
    ('lengths.Lengths.inputs', 8, 'does not end in'),
  ],
)
def test_what_no_step_could_hold_is_refused(
  finished, records, tmp_path, monkeypatch, name, value, said
):
  monkeypatch.setattr('distill_jax.data.tokenizer.run', caches.tokenise)
  run, _ = _load(tmp_path / 'run', records, **{name: value})
  with pytest.raises(ValueError, match=said):
    run.check_data()


def test_a_form_without_passages_is_refused(records, tmp_path):
  with pytest.raises(ValueError, match=r'DenseSearch\.shown is 1'):
    _load(tmp_path, records, **{'instruction.Instruction.passages': 0})
