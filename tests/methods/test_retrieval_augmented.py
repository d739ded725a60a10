"""RAG's objective beside a plain loop, its gradients and its inputs."""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from distill_jax import batch as batch_lib
from distill_jax.critics import dense, encoders
from distill_jax.data import batching
from distill_jax.data import lengths as lengths_lib
from distill_jax.losses import mean
from distill_jax.methods import layout as layout_lib
from distill_jax.methods import retrieval_augmented
from distill_jax.models import t5
from distill_jax.rationales import record
from distill_jax.students import encoder_decoder, student
from distill_jax.text import instruction, vocabulary

_PIECES = vocabulary.Vocabulary()
_CONFIG = t5.T5Config(
  vocab_size=_PIECES.size,
  emb_dim=16,
  num_heads=2,
  head_dim=8,
  mlp_dim=16,
  num_encoder_layers=1,
  num_decoder_layers=1,
  dropout_rate=0.1,
)
_STUDENT = encoder_decoder.EncoderDecoder(config=_CONFIG)
_ENCODER = dense.DenseEncoder(
  encoder=encoders.T5Encoder(config=_CONFIG), pool=dense.Average()
)
_FORM = instruction.Instruction(task='Explain.', passages=1)
_QUESTIONS = ('Tom has 7 books.', 'How many pens has Ann got?', 'Why?')
_TARGETS = ('It is 7. Answer: 7', 'None. Answer: 0', 'So. Answer: so')
_PASSAGES = (
  'Tom read 5 books.',
  'Ann has no pens at all, she says.',
  'A box holds 12 pens.',
  'Birds sing.',
  'Ann buys 3 apples and gives 2 of them to Tom.',
)


def _layout(limit=64):
  return layout_lib.Layout(
    vocabulary=_PIECES, form=_FORM, lengths=lengths_lib.Lengths(inputs=limit)
  )


def _record(question, *passages):
  found = [record.Passage(id=text, text=text) for text in passages]
  return record.Record(example_id='q', question=question, passages=tuple(found))


def _ids(text):
  return [*_PIECES.encode(text), _PIECES.eos_id]


def _padded(rows, width=64):
  return jnp.array(batching.padded(rows, width))


def _known(layout=None):
  layout = layout or _layout()
  return _padded([layout.known(text) for text in _PASSAGES], 40)


_BATCH = batch_lib.RetrievalBatch(
  inputs=_padded([_ids(_FORM.of(_record(q))) for q in _QUESTIONS], 48),
  targets=_padded([_ids(text) for text in _TARGETS], 24),
  queries=_padded([_PIECES.encode(q) for q in _QUESTIONS], 32),
  weights=jnp.array([1.0, 1.0, 0.0]),
  example_index=jnp.arange(3),
)


@pytest.fixture(scope='module')
def params():
  first, passages, critic = map(jax.random.key, range(3))
  texts = _padded([_PIECES.encode(text) for text in _PASSAGES], 40)
  return {
    'student': _STUDENT.init(first),
    'critic': _ENCODER.init(critic),
    'passages': dense.Table(
      embeddings=_ENCODER.vectors(_ENCODER.init(passages), texts),
      texts=_known(),
    ),
  }


def _method(k=3, **fields):
  fields = {'student': _STUDENT, 'encoder': _ENCODER, **fields}
  return retrieval_augmented.RetrievalAugmented(
    layout=_layout(88), k=k, **fields
  )


def test_rows_are_the_ids_of_the_whole_text():
  known = jnp.broadcast_to(_known(), (len(_QUESTIONS), *_known().shape))
  rows = _layout(120).rows(_BATCH.inputs, known)
  for question, own in zip(_QUESTIONS, rows):
    for passage, row in zip(_PASSAGES, own):
      text = _FORM.of(_record(question, passage))
      assert [i for i in row.tolist() if i] == _ids(text)


@pytest.mark.parametrize('limit', [40, 44, 50])
def test_a_long_row_loses_the_end_of_its_passage(limit):
  layout, question = _layout(limit), _QUESTIONS[0]
  inputs = _padded([_ids(_FORM.of(_record(question)))], limit)
  (length,) = jnp.sum(inputs > 0, axis=-1).tolist()
  rows = layout.rows(inputs, _known()[None])
  assert rows.shape[-1] == limit
  for passage, row in zip(_PASSAGES, rows[0]):
    whole = layout.known(passage)
    kept = whole[: limit - length]
    body = inputs[0, : length - len(layout.end)].tolist()
    assert [i for i in row.tolist() if i] == [*body, *kept, *layout.end]
    # The text loses whole words, so it keeps no more.
    fits = lambda text: len(_PIECES.encode(text)) < limit
    text = _FORM.fitted(_FORM.of(_record(question, passage)), fits)
    assert len(_ids(text)) <= int(jnp.sum(row > 0))


_ENCODE = jax.jit(_ENCODER.vectors)


@jax.jit
def _nats(params, row, target):
  encoded = _STUDENT.encode(params, row)
  return jnp.sum(_STUDENT.nll(params, encoded, target).nats)


def _plain(k, params):
  """The formula in floats, a passage at a time, from texts."""
  total = tokens = 0.0
  for number, (question, target) in enumerate(zip(_QUESTIONS, _TARGETS)):
    if not _BATCH.weights[number]:
      continue
    (asked,) = _ENCODE(
      params['critic'], _padded([_PIECES.encode(question)], 32)
    )
    scores = [float(np.dot(asked, e)) for e in params['passages'].embeddings]
    best = sorted(range(len(scores)), key=lambda n: -scores[n])[:k]
    share = sum(math.exp(scores[n]) for n in best)
    likelihood = 0.0
    for n in best:
      row = _padded([_ids(_FORM.of(_record(question, _PASSAGES[n])))], 88)
      nats = _nats(params['student'], row, _padded([_ids(target)], 24))
      likelihood += math.exp(scores[n]) / share * math.exp(-float(nats))
    total -= math.log(likelihood)
    tokens += len(_ids(target))
  return total / tokens


@functools.partial(jax.jit, static_argnums=1)
def _objective(params, k):
  return mean.objective(_method(k)(params, _BATCH, None))


@pytest.mark.parametrize('k', [1, 3])
def test_the_objective_is_the_plain_loop(params, k):
  np.testing.assert_allclose(
    _objective(params, k), _plain(k, params), rtol=1e-4
  )


def test_gradients(params):
  """They reach student and query encoder, and never the passages."""
  slopes = jax.jit(jax.grad(lambda p: _objective(p, 3), allow_int=True))(params)
  for name in ('student', 'critic'):
    for path, slope in jax.tree_util.tree_leaves_with_path(slopes[name]):
      assert np.all(np.isfinite(slope)), (name, path)
      assert np.any(slope != 0), (name, path)
  assert slopes['passages'].embeddings.shape == (len(_PASSAGES), 16)
  assert not np.any(slopes['passages'].embeddings)


def test_the_query_encoders_gradient_passes_finite_differences(params):
  own, tree = jax.tree.flatten(params['critic'])
  keys = jax.random.split(jax.random.key(7), len(own))
  way = [jax.random.normal(key, x.shape) for key, x in zip(keys, own)]

  @jax.jit
  def along(t):
    moved = [x + t * d for x, d in zip(own, way)]
    critic = jax.tree.unflatten(tree, moved)
    # All passages, so that the choice of the best ones is no step.
    return _objective({**params, 'critic': critic}, len(_PASSAGES))

  slope, step = jax.jit(jax.grad(along))(0.0), 3e-3
  found = (along(step) - along(-step)) / (2 * step)
  np.testing.assert_allclose(slope, found, rtol=0.03)


@dataclasses.dataclass(frozen=True)
class _Reader:
  """A student that cannot learn: a token costs more where it cannot be read."""

  def encode(self, params, inputs, rng=None, room=None):
    return inputs

  def nll(self, params, encoded, targets, rng=None, room=None):
    read = jnp.any(targets[:, :, None] == encoded[:, None], axis=-1)
    weights = (targets > 0).astype(jnp.float32)
    nats = jnp.where(read, 0.1, 3.0) * weights
    return student.TokenNLL(nats=nats, weights=weights)


def test_the_right_passage_comes_nearer(params):
  """By the gradient of the query encoder alone, from the texts alone."""
  right = jnp.array([0, 1, 3])  # what each target is a copy of
  copies = [_PIECES.encode(_PASSAGES[number]) for number in right]
  batch = dataclasses.replace(
    _BATCH, targets=_padded(copies, 40), weights=jnp.ones(3)
  )
  method = _method(len(_PASSAGES), student=_Reader())
  transform = optax.adam(3e-3)

  def loss(critic):
    return mean.objective(method({**params, 'critic': critic}, batch, None))

  def share(critic):
    """p(d | x) of each question's right passage among all passages."""
    asked = _ENCODER.vectors(critic, batch.queries)
    found = jax.nn.softmax(asked @ params['passages'].embeddings.T)
    return found[jnp.arange(3), right]

  @jax.jit
  def step(critic, state):
    changes, state = transform.update(jax.grad(loss)(critic), state)
    return optax.apply_updates(critic, changes), state

  critic, state = params['critic'], transform.init(params['critic'])
  before = share(critic)
  for _ in range(80):
    critic, state = step(critic, state)
  after = share(critic)
  assert np.all(after > before)
  assert np.all(after > 0.9), after


def test_terms_that_explain(params):
  terms = jax.jit(_method())(params, _BATCH, jax.random.key(0))
  assert {name: term.weight for name, term in terms.items()} == {
    'marginal_nll': 1.0,
    'label_nll': 0.0,
    'top_prior': 0.0,
    'top_posterior': 0.0,
  }
  assert 1 / 3 <= terms['top_prior'].value() < 1
  assert 0 < terms['top_posterior'].value() < 1


def test_no_passage_is_refused():
  with pytest.raises(ValueError, match='k is 0, expected at least 1 passage'):
    _method(0)
