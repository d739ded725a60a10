import numpy as np
import pytest

from distill_jax.data import order


def _order(**fields):
  return order.Order(**{'num_examples': 5, 'batch_size': 2, **fields})


def test_every_epoch_sees_every_example_once():
  stream = np.concatenate([_order().indices(step) for step in range(10)])
  for epoch in range(4):
    seen = stream[5 * epoch : 5 * epoch + 5]
    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_a_batch_may_span_two_epochs():
  epochs, examples = _order().positions(2)
  assert epochs.tolist() == [0, 1]
  first, second = (order.permutation(0, epoch, 5) for epoch in (0, 1))
  assert examples.tolist() == [first[4], second[0]]


def test_a_batch_may_be_longer_than_the_split():
  epochs, examples = _order(num_examples=3, batch_size=8).positions(0)
  assert epochs.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
  assert sorted(examples[:3]) == [0, 1, 2]


def test_epochs_and_seeds_differ():
  permutations = {
    tuple(order.permutation(seed, epoch, 20))
    for seed in (0, 1)
    for epoch in (0, 1)
  }
  assert len(permutations) == 4


def test_permutation_is_the_same_for_ever():
  # Philox and SeedSequence keep their streams; numpy's own known answer of
  # Philox(SeedSequence([7, 2])) sorted by hand.
  words = np.random.Philox(np.random.SeedSequence([7, 2])).random_raw(6)
  expected = sorted(range(6), key=lambda i: words[i])
  assert order.permutation(7, 2, 6).tolist() == expected


def test_batches_of_another_size_cut_the_same_stream():
  by_two = [_order(batch_size=2).indices(step) for step in range(6)]
  by_four = [_order(batch_size=4).indices(step) for step in range(3)]
  assert np.array_equal(np.concatenate(by_two), np.concatenate(by_four))


def test_upcoming_names_each_example_once():
  found = _order().upcoming(1, 3)
  wanted = {int(i) for step in (1, 2, 3) for i in _order().indices(step)}
  assert found.tolist() == sorted(wanted)
  assert _order().upcoming(3, 0).tolist() == []


@pytest.mark.parametrize('name', ['num_examples', 'batch_size'])
def test_refuses_nothing(name):
  with pytest.raises(ValueError, match=f'{name} must be at least 1, got 0'):
    _order(**{name: 0})
