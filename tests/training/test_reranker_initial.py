"""Rerankers that begin with a trained BERT, and what is refused."""

import dataclasses

import jax
import numpy as np
import pytest

from distill_jax.critics import adapted, encoders, reranker
from distill_jax.models import bert
from distill_jax.training import initial, partition

torch = pytest.importorskip('torch')
transformers = pytest.importorskip('transformers')

_CONFIG = bert.BertConfig(
  vocab_size=31,
  emb_dim=8,
  num_heads=2,
  mlp_dim=12,
  num_encoder_layers=2,
  num_positions=16,
)
_LATE = reranker.Reranker(
  encoder=encoders.BertEncoder(config=_CONFIG, cls_id=2, sep_id=3),
  projection_dim=4,
)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  found = tmp_path_factory.mktemp('bert')
  config = transformers.BertConfig(
    vocab_size=31,
    hidden_size=8,
    num_attention_heads=2,
    intermediate_size=12,
    num_hidden_layers=2,
    max_position_embeddings=16,
  )
  torch.manual_seed(0)
  transformers.BertModel(config).save_pretrained(found)
  return found


@pytest.fixture
def mesh():
  return partition.Mesh().build()


def _scores(folder, question, passages, projection):
  """Late interaction by transformers' BERT, text by text."""
  model = transformers.BertModel.from_pretrained(folder).eval()

  def vectors(text):
    with torch.no_grad():
      ids = torch.tensor([[2, *text, 3]])
      hidden = model(ids).last_hidden_state[0].numpy()
    return hidden @ projection['kernel'] + projection['bias']

  asked = vectors(question)
  return [(asked @ vectors(text).T).max(-1).sum() for text in passages]


def test_scores_by_a_trained_bert_are_those_of_transformers(folder, mesh):
  begin = initial.EncoderFromCheckpoint(path=str(folder))
  params = begin.params(mesh, _LATE, jax.random.key(0))
  passages = [[5, 6, 7, 8], [9, 30, 11, 12]]
  found = _LATE.logits(
    {'critic': params}, np.array([[5, 9, 0]]), np.array([passages])
  )
  projection = jax.tree.map(np.asarray, params['projection'])
  expected = _scores(folder, [5, 9], passages, projection)
  np.testing.assert_allclose(found[0], expected, rtol=1e-4, atol=1e-5)


def test_lora_goes_around_a_trained_bert(folder, mesh):
  begin = initial.EncoderFromCheckpoint(path=str(folder))
  beneath = initial.Beneath(initial=begin)
  critic = adapted.Adapted(critic=_LATE)
  beneath.check(critic)
  assert beneath.path == str(folder)
  params = beneath.params(mesh, critic, jax.random.key(0))
  expected = begin.params(mesh, _LATE, jax.random.key(0))
  jax.tree.map(np.testing.assert_array_equal, params['base'], expected)
  assert not any(np.any(leaf['b']) for leaf in _factors(params['low_rank']))


def _factors(tree):
  if 'b' in tree:
    return [tree]
  return [found for branch in tree.values() for found in _factors(branch)]


def test_a_bert_of_other_sizes_is_refused(folder):
  config = dataclasses.replace(_CONFIG, mlp_dim=24)
  encoder = dataclasses.replace(_LATE.encoder, config=config)
  other = dataclasses.replace(_LATE, encoder=encoder)
  begin = initial.EncoderFromCheckpoint(path=str(folder))
  with pytest.raises(ValueError, match=r'CRITIC_INITIAL_CHECKPOINT: .*mlp_dim'):
    begin.check(other)
