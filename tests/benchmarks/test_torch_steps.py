"""Torch's losses against ours, on the same random parameters."""

import dataclasses

import jax
import numpy as np
import pytest

from benchmarks import batches, jax_steps, networks
from distill_jax.losses import mean
from distill_jax.weights import families

torch = pytest.importorskip('torch')
pytest.importorskip('transformers')
torch_ranking = pytest.importorskip('benchmarks.torch_ranking')
torch_steps = pytest.importorskip('benchmarks.torch_steps')

pytestmark = pytest.mark.slow  # together they take over 20 seconds

C = networks.config('t5_tiny', vocab_size=networks.VOCABULARY)
ROWS, INPUTS, LABEL, RATIONALE = 3, 17, 5, 11


def _give(network, params) -> None:
  """Copies our parameters of a T5, or of its encoder, into transformers'."""
  kind = families.of(C)
  state = {}
  for path, array in jax.tree_util.tree_leaves_with_path(params):
    name = jax.tree_util.keystr(path, simple=True, separator='/')
    theirs = np.array(kind.to_theirs(name, np.asarray(array)))
    state[kind.theirs(name)] = torch.from_numpy(theirs)
  left = network.load_state_dict(state, strict=False)
  assert not left.unexpected_keys
  assert set(left.missing_keys) <= {  # tied to the embedding
    'lm_head.weight',
    'encoder.embed_tokens.weight',
    'decoder.embed_tokens.weight',
  }


def _ours(objective, params, batch, name='student') -> float:
  others = {'critic': {}} if name == 'student' else {}
  terms = jax.jit(objective)({name: params, **others}, batch, None)
  return float(mean.objective(terms))


def _theirs(loss, network, found) -> float:
  with torch.no_grad():
    return float(loss(network, found))


@pytest.fixture(scope='module')
def params():
  return networks.fresh(networks.student(C))


@pytest.fixture(scope='module')
def network(params):
  made = torch_steps.model(C, use_cache=False).train()
  _give(made, params)
  return made


@pytest.mark.parametrize(
  ('method', 'loss'),
  [('finetune', torch_steps.finetune), ('dss', torch_steps.step_by_step)],
)
def test_label_and_rationale(method, loss, params, network):
  batch = batches.full(ROWS, INPUTS, LABEL, RATIONALE)
  ours = _ours(jax_steps.objective(method, C), params, batch)
  theirs = _theirs(loss, network, torch_steps.arrays(batch))
  assert theirs == pytest.approx(ours, rel=1e-5)


def test_rows_of_unequal_length(params, network):
  full = batches.full(ROWS, INPUTS, LABEL, RATIONALE)
  cut = {}
  names = ('label_inputs', 'rationale_inputs', 'label_targets', 'positives')
  for name in names:
    ids = getattr(full, name).copy()
    for row in range(ROWS):
      ids[row, ..., ids.shape[-1] - row - 1 :] = 0
    cut[name] = ids
  batch = dataclasses.replace(full, **cut)
  ours = _ours(jax_steps.objective('dss', C), params, batch)
  found = torch_steps.collated(batch)
  assert found['label_inputs'].shape == (ROWS, INPUTS - 1)
  theirs = _theirs(torch_steps.step_by_step, network, found)
  assert theirs == pytest.approx(ours, rel=1e-5)


def test_contrast(params, network, monkeypatch):
  batch = batches.full(ROWS, INPUTS, LABEL, RATIONALE, 4, 2)
  objective = jax_steps.objective('qcrd', C)
  assert objective.margin == torch_steps.MARGIN
  wide = 30.0  # or the negatives of random parameters would not count
  monkeypatch.setattr(torch_steps, 'MARGIN', wide)
  ours = _ours(dataclasses.replace(objective, margin=wide), params, batch)
  found = torch_steps.arrays(batch)
  for loss in torch_steps.encoding_each, torch_steps.encoding_once:
    assert _theirs(loss, network, found) == pytest.approx(ours, rel=1e-5)


def test_a_reranker():
  critic = jax_steps.ranker(C)
  params = networks.fresh(critic)
  batch = batches.ranking(ROWS, INPUTS, INPUTS, 4)
  reranker = torch_ranking.Reranker(C, critic.projection_dim)
  _give(reranker.encoder, params['encoder'])
  projection = params['projection']
  with torch.no_grad():
    reranker.projection.weight.copy_(
      torch.from_numpy(np.array(projection['kernel']).T.copy())
    )
    reranker.projection.bias.copy_(
      torch.from_numpy(np.array(projection['bias']))
    )
  ours = _ours(jax_steps.ranking_objective(critic), params, batch, 'critic')
  found = torch_steps.arrays(batch)
  theirs = _theirs(torch_ranking.loss, reranker, found)
  assert theirs == pytest.approx(ours, rel=1e-5)


def test_torch_decays_no_weights():
  made = torch_steps.model(C, use_cache=False)
  trainer = torch_steps.Trainer(made, 'float32')
  (group,) = trainer.optimizer.param_groups
  assert group['weight_decay'] == jax_steps.OPTIMIZER.weight_decay == 0.0


def test_what_breaks_the_graph_is_told(network, monkeypatch):
  def compile_(loss, fullgraph):
    def compiled(*given):
      if fullgraph:
        raise ValueError('print is called\nsomewhere')
      return loss(*given)

    return compiled

  def broken(network, found):
    return network.shared.weight.sum()

  monkeypatch.setattr(torch, 'compile', compile_)
  trainer = torch_steps.Trainer(network, 'float32')
  way = trainer.compiled(broken, [{}])
  way()
  way()
  assert trainer.graph_breaks == [
    'broken has graph breaks: ValueError: print is called'
  ]
