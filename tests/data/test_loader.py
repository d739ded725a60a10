import itertools

import numpy as np
import pytest

from distill_jax.data import candidates, loader
from distill_jax.data import lengths as lengths_lib
from tests.data import caches


@pytest.fixture(scope='module')
def split(tmp_path_factory):
  rows = [
    caches.row(0, [[5, 1], [6, 7, 8, 1], [9, 1]], [1, -1, 1]),
    caches.row(1, [[20, 21, 1]], [1]),
    caches.row(2),
    caches.row(3, [[1], [22, 1]], [0, -1]),
    caches.row(4, [[23, 1], [24, 1]], [0, 0]),
  ]
  return caches.opened(tmp_path_factory.mktemp('cache'), rows)


def _loader(split, **fields):
  fields = {'batch_size': 4, 'candidates': _VOTED} | fields
  return loader.Loader(split=split, **fields)


_VOTED = candidates.Voted(positives=2, negatives=1)


def _arrays(batch):
  """The arrays of a batch by name; a loader gives no rooms."""
  assert batch.rooms == ()
  return {name: x for name, x in vars(batch).items() if name != 'rooms'}


def _equal(a, b):
  pairs = zip(_arrays(a).values(), _arrays(b).values(), strict=True)
  return all(np.array_equal(x, y) and x.dtype == y.dtype for x, y in pairs)


def test_a_batch_by_hand(split):
  batch = next(_loader(split).evaluation())
  assert split.lengths == lengths_lib.Lengths(inputs=8, label=4, rationale=8)
  assert batch.label_inputs[1].tolist() == [2, 11, 1, 0, 0, 0, 0, 0]
  assert batch.rationale_inputs[1].tolist() == [3, 11, 1, 0, 0, 0, 0, 0]
  assert batch.questions[1].tolist() == [11, 0, 0, 0, 0, 0, 0, 0]
  assert batch.label_targets.tolist() == [
    [30, 1, 0, 0],
    [31, 1, 0, 0],
    [32, 1, 0, 0],
    [33, 1, 0, 0],
  ]
  assert batch.positives[0, :, :3].tolist() == [[5, 1, 0], [9, 1, 0]]
  assert batch.negatives[0, 0, :5].tolist() == [6, 7, 8, 1, 0]
  assert batch.positives[1, :, :4].tolist() == [[20, 21, 1, 0], [0, 0, 0, 0]]
  assert batch.positive_valid.tolist() == [[1, 1], [1, 0], [0, 0], [0, 0]]
  assert batch.negative_valid.tolist() == [[1], [0], [0], [1]]
  assert batch.example_index.tolist() == [0, 1, 2, 3]
  assert batch.weights.tolist() == [1, 1, 1, 1]
  assert {value.dtype.name for value in _arrays(batch).values()} == {
    'int32',
    'bool',
    'float32',
  }


def test_an_empty_rationale_is_no_candidate(split):
  batch = next(_loader(split, candidates=candidates.First()).evaluation())
  assert batch.positive_valid[:, 0].tolist() == [True, True, False, False]
  assert batch.negatives.shape == (4, 0, 8)


def test_evaluation_sees_each_example_once_and_fills_up(split):
  batches = list(_loader(split).evaluation(batch_size=3))
  seen = np.concatenate([batch.example_index for batch in batches])
  assert seen.tolist() == [0, 1, 2, 3, 4, -1]
  last = batches[-1]
  assert last.weights.tolist() == [1, 1, 0]
  assert not last.label_inputs[2].any()
  assert not last.positive_valid[2].any()


def test_shapes_are_the_same_at_every_step(split):
  shapes = {
    tuple(x.shape for x in _arrays(_loader(split).batch(step)).values())
    for step in range(6)
  }
  assert len(shapes) == 1


def test_a_fresh_loader_resumes_exactly(split):
  old, new = _loader(split), _loader(split)
  stream = old.prefetch()
  before = [next(stream) for _ in range(7)]
  for step, batch in itertools.islice(new.prefetch(4), 3):
    assert before[step][0] == step
    assert _equal(before[step][1], batch)
    assert _equal(batch, new.batch(step))


def test_many_threads_keep_the_order(split):
  stream = _loader(split, threads=4, ahead=8).prefetch(10)
  steps = [step for step, _ in itertools.islice(stream, 40)]
  assert steps == list(range(10, 50))


def test_candidates_change_with_the_epoch_in_one_batch(split):
  # With one example in two copies, a batch spans two epochs.
  rule = candidates.RandomOne()
  loaded = _loader(split, batch_size=10, candidates=rule)
  epochs, examples = loaded.order.positions(0)
  batch = loaded.batch(0)
  for i, (epoch, example) in enumerate(zip(epochs, examples)):
    row = split.row(example)
    picks, _ = rule.choose(row.votes, int(epoch), int(example))
    wanted = [row.rationales[k] for k in picks if len(row.rationales[k]) > 1]
    assert batch.positive_valid[i].tolist() == [bool(wanted)]
    if wanted:
      found = batch.positives[i, 0]
      assert found[: len(wanted[0])].tolist() == wanted[0].tolist()


def test_given_lengths_cut_and_widen(split):
  lengths = lengths_lib.Lengths(inputs=2, label=1, rationale=12)
  batch = next(_loader(split, lengths=lengths).evaluation())
  assert batch.label_inputs[0].tolist() == [2, 10]
  assert batch.label_targets[0].tolist() == [30]
  assert batch.positives.shape == (4, 2, 12)


def test_upcoming_are_the_examples_of_those_steps(split):
  loaded = _loader(split, batch_size=2)
  wanted = set(loaded.indices(3)) | set(loaded.indices(4))
  assert loaded.upcoming(3, 2).tolist() == sorted(wanted)


def test_refuses_an_empty_split(tmp_path):
  with pytest.raises(ValueError, match="split 'train' has no examples"):
    _loader(caches.opened(tmp_path, []))
