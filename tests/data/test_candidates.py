import pytest

from distill_jax.data import candidates


def test_first_is_sample_zero_however_it_voted():
  rule = candidates.First()
  assert rule.choose([-1, 1, 1], 0, 0) == ([0], [])
  assert rule.choose([], 0, 0) == ([], [])
  assert (rule.num_positives, rule.num_negatives) == (1, 0)


def test_labels_only_wants_nothing():
  rule = candidates.LabelsOnly()
  assert rule.choose([1, -1], 0, 0) == ([], [])
  assert (rule.num_positives, rule.num_negatives) == (0, 0)


def test_voted_splits_by_vote_and_leaves_out_the_voteless():
  rule = candidates.Voted(positives=4, negatives=2)
  assert rule.choose([1, -1, 0, 1, -1], 0, 0) == ([0, 3], [1, 4])
  assert rule.choose([0, 0], 0, 0) == ([], [])


def test_voted_draws_a_fresh_subset_each_epoch():
  rule = candidates.Voted(positives=2, negatives=1)
  votes = [1, 1, 1, 1, -1, -1]
  seen = [rule.choose(votes, epoch, 3) for epoch in range(40)]
  positives = [tuple(won) for won, _ in seen]
  assert all(len(set(won)) == 2 and won == sorted(won) for won, _ in seen)
  assert len(set(positives)) == 6, 'every pair comes up'
  assert {lost[0] for _, lost in seen} == {4, 5}
  assert seen == [rule.choose(votes, epoch, 3) for epoch in range(40)]


def test_draws_depend_on_seed_epoch_and_example():
  votes = [1] * 12
  rule = candidates.Voted(positives=6)
  base = rule.choose(votes, 0, 0)
  assert rule.choose(votes, 1, 0) != base
  assert rule.choose(votes, 0, 1) != base
  other = candidates.Voted(positives=6, seed=1)
  assert other.choose(votes, 0, 0) != base


def test_random_one_takes_any_sample():
  rule = candidates.RandomOne()
  seen = [rule.choose([1, -1, 0], epoch, 0) for epoch in range(30)]
  assert {won[0] for won, _ in seen} == {0, 1, 2}
  assert all(len(won) == 1 and not lost for won, lost in seen)
  assert rule.choose([], 0, 0) == ([], [])


@pytest.mark.parametrize(
  ('fields', 'message'),
  [
    ({'positives': 0}, r'Voted\(positives=0\) has no room'),
    ({'positives': 1, 'negatives': -1}, r'Voted\(negatives=-1\) is below'),
  ],
)
def test_refuses_impossible_numbers(fields, message):
  with pytest.raises(ValueError, match=message):
    candidates.Voted(**fields)
