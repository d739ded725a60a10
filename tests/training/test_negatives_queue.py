"""What the queue of a student's samples hands out."""

import dataclasses
import threading
import types

import jax
import numpy as np
import pytest

from distill_jax import batch as batch_lib
from distill_jax.data import lengths, order
from distill_jax.text import vocabulary as vocabulary_lib
from distill_jax.training import negatives as negatives_lib
from distill_jax.training import negatives_queue, partition, runner
from tests.training import small

_WIDTH = 24
_USUAL = 17
_RATIONALES = [[90, 91, 1], [92, 93, 1], [94, 95, 1]]  # the second lost


class _Questions(list):
  """A split whose questions are their own numbers."""

  def rationale_length(self, share):
    assert share == 0.99
    return _USUAL


def _queue(num_examples=7, batch_size=2, **settings):
  rows = [
    types.SimpleNamespace(
      rationale_inputs=np.array([3] * (1 + i % 3) + [1]),
      rationales=[np.array(ids) for ids in _RATIONALES],
      votes=np.array([1, -1, 1]),
    )
    for i in range(num_examples)
  ]
  stream = order.Order(num_examples=num_examples, batch_size=batch_size)
  loader = types.SimpleNamespace(
    split=_Questions(rows),
    batch_size=batch_size,
    widths=lengths.Lengths(inputs=8, label=8, rationale=_WIDTH),
    upcoming=stream.upcoming,
    indices=stream.indices,
  )
  settings = negatives_lib.Negatives(**{'batch_size': 4, **settings})
  vocabulary = vocabulary_lib.Vocabulary()
  return negatives_queue.Queue(settings, loader, vocabulary), loader, settings


def _batch(examples):
  rows = len(examples)
  zeros = np.zeros((rows, 8), np.int32)
  positives = np.zeros((rows, 1, _WIDTH), np.int32)
  return batch_lib.Batch(
    label_inputs=zeros,
    label_targets=zeros,
    rationale_inputs=zeros,
    questions=zeros,
    positives=positives,
    negatives=np.full((rows, 2, _WIDTH), 9, np.int32),
    positive_valid=np.ones(positives.shape[:2], bool),
    negative_valid=np.ones((rows, 2), bool),
    weights=np.ones(rows, np.float32),
    example_index=np.asarray(examples, np.int32),
  )


def _marked(tokens_of):
  """Returns a writer whose texts tell question and sample."""

  def write(inputs, examples, sample):
    assert inputs.shape == (4, 8)
    texts = np.zeros((len(examples), _WIDTH), np.int32)
    for row, example in enumerate(examples):
      ids = tokens_of(int(example), sample)
      texts[row, : len(ids)] = ids
    return texts

  return write


def test_every_question_gets_its_own_texts_in_its_period():
  queue, loader, settings = _queue(period=3, lag=2, num=2)
  steps = 20
  for step in range(steps + 1):
    for period in settings.periods_to_write(step, steps):
      queue.write(
        period,
        steps,
        _marked(lambda e, s, p=period: [10 + e, 30 + s, 40 + p, 1]),
      )
    if step == steps:
      break
    examples = loader.indices(step)
    found = queue.attach(step, _batch(examples))
    assert found.negatives.shape == (2, 4, _WIDTH)
    np.testing.assert_array_equal(found.negatives[:, :2], 9)
    period = step // 3
    written = period >= 2
    assert found.negative_valid[:, 2:].all() == written
    assert found.negative_valid[:, 2:].any() == written
    if written:
      for row, example in enumerate(examples):
        for sample in range(2):
          np.testing.assert_array_equal(
            found.negatives[row, 2 + sample, :4],
            [10 + example, 30 + sample, 40 + period, 1],
          )


def test_a_period_may_be_longer_than_an_epoch():
  queue, loader, _ = _queue(num_examples=5, period=10, lag=0)
  queue.write(0, 10, _marked(lambda e, _: [10 + e, 1]))
  for step in range(10):
    found = queue.attach(step, _batch(loader.indices(step)))
    assert found.negatives[:, 2, 0].tolist() == [
      10 + example for example in loader.indices(step)
    ]


def test_empty_texts_and_copies_of_a_positive_are_masked():
  queue, _, _ = _queue(num_examples=4, batch_size=4, period=1, lag=0)
  texts = dict(enumerate([[1], *_RATIONALES]))
  queue.write(0, 1, _marked(lambda e, _: texts[e]))
  found = queue.attach(0, _batch(range(4)))
  # Also of one that this batch lacks; one that lost the vote is no positive.
  assert found.negative_valid[:, 2].tolist() == [False, False, True, False]


def test_the_cut_beginning_of_a_positive_is_its_copy():
  queue, _, _ = _queue(
    num_examples=3, batch_size=3, period=1, lag=0, max_tokens=2
  )
  texts = [_RATIONALES[0][:2], _RATIONALES[1][:2], [90, 93]]
  queue.write(0, 1, lambda *_: np.array([*texts, [0, 0]], np.int32))
  found = queue.attach(0, _batch(range(3)))
  assert found.negative_valid[:, 2].tolist() == [False, True, True]


def test_the_answer_sentence_is_stripped():
  queue, _, _ = _queue(num_examples=1, batch_size=1, period=1, lag=0)
  vocabulary = vocabulary_lib.Vocabulary()
  body = 'Ann buys 3 pens.'
  told = vocabulary.encode(f'{body} The answer is 3.')
  kept = vocabulary.encode(body)
  queue.write(0, 1, _marked(lambda *_: [*told, 1][:_WIDTH]))
  found = queue.attach(0, _batch([0])).negatives[0, 2]
  ended = [1] if len(told) < _WIDTH else []
  assert found[found > 0].tolist() == [*kept, *ended]


def test_a_text_that_was_cut_off_gets_no_end():
  queue, _, _ = _queue(num_examples=1, batch_size=1, period=1, lag=0)
  queue.write(0, 1, _marked(lambda *_: [9] * _WIDTH))
  assert 1 not in queue.attach(0, _batch([0])).negatives[0, 2]


def test_a_sample_ends_where_it_is_told():
  queue, _, _ = _queue(period=1, lag=0, max_tokens=5)
  assert queue.max_tokens == 5
  queue.write(0, 9, lambda inputs, *_: np.full((len(inputs), 5), 9, np.int32))
  found = queue.attach(0, _batch([0, 1])).negatives
  assert found.shape[-1] == _WIDTH
  assert (found[:, 2] == [9] * 5 + [0] * (_WIDTH - 5)).all()
  assert _queue()[0].max_tokens == _WIDTH  # the usual length rounded up


def test_a_batch_is_as_wide_as_its_questions():
  queue, loader, settings = _queue(num_examples=12, period=6, lag=0)
  loader.widths = lengths.Lengths(inputs=64, label=8, rationale=_WIDTH)
  long = np.array([3] * 50 + [1])
  for index in (2, 7, 9, 11):
    loader.split[index].rationale_inputs = long
  seen = {}

  def write(inputs, examples, sample):
    assert len(inputs) == settings.batch_size
    seen.update(zip(examples.tolist(), inputs))
    return np.ones((len(inputs), _WIDTH), np.int32)

  queue.write(0, 6, write)
  assert {example for example in seen if len(seen[example]) > 8} == {
    2,
    7,
    9,
    11,
  }
  for example, row in seen.items():
    ids = loader.split[example].rationale_inputs
    assert row.tolist() == [*ids, *[0] * (len(row) - len(ids))]


def test_nobody_waits_for_what_the_devices_write():
  class Written:
    """An array that is there when the test says so."""

    there = threading.Event()

    def __array__(self, dtype=None, copy=None):
      assert self.there.wait(60)
      return np.full((4, _WIDTH), 9, np.int32)

  queue, _, _ = _queue(period=1, lag=1)
  queue.write(1, 9, lambda *_: Written())
  queue.attach(0, _batch([0, 1]))  # a step of the period before
  Written.there.set()
  assert queue.attach(1, _batch([2, 3])).negative_valid[:, 2].all()


def test_what_goes_wrong_in_writing_is_raised():
  queue, _, _ = _queue(period=1, lag=0)
  queue.write(0, 9, lambda *_: np.zeros((4, 3), np.int32))
  with pytest.raises(ValueError, match='broadcast'):
    queue.state()


def test_state_is_a_copy_and_restores():
  queue, _, _ = _queue(period=1, lag=0)
  queue.write(0, 9, _marked(lambda e, _: [10 + e, 1]))
  state = queue.state()
  before = {name: array.copy() for name, array in state.items()}
  queue.write(2, 9, _marked(lambda e, _: [20 + e, 1]))  # the same slot
  for name, array in state.items():
    np.testing.assert_array_equal(array, before[name])
  other, loader, _ = _queue(period=1, lag=0)
  other.restore(state)
  found = other.attach(0, _batch(loader.indices(0)))
  assert found.negatives[:, 2, 0].tolist() == [
    10 + example for example in loader.indices(0)
  ]


def test_a_fixed_writer_writes_what_it_would_as_the_student(data, tmp_path):
  run, _ = small.load(tmp_path, data)
  key = jax.random.key
  settings = dataclasses.replace(run.phases[1].negatives, lag=0)

  def written(student_seed, writer):
    """The texts of the first period, by a student of that seed."""
    negatives = dataclasses.replace(settings, writer=writer)
    phase = dataclasses.replace(run.phases[1], negatives=negatives)
    changed = dataclasses.replace(run, phases=(run.phases[0], phase))
    mesh = run.mesh.build()
    params = {
      name: partition.init_parameters(mesh, network, key(student_seed))
      for name, network in run.networks.items()
    }
    split = run.source.open('train')
    phase = runner.PhaseRunner(changed, 1, mesh, split, params)
    assert phase.write_negatives(0) == 1
    return phase.queue.state()['tokens'][0]

  fixed = types.SimpleNamespace(
    params=lambda mesh, network, _: partition.init_parameters(
      mesh, network, key(7)
    )
  )
  found = written(3, fixed)
  np.testing.assert_array_equal(found, written(7, None))
  assert np.any(found != written(3, None))
