import itertools

import numpy as np
import pytest

from distill_jax.data import loader as loader_lib
from distill_jax.data import share, tokenizer
from distill_jax.data import source as source_lib
from distill_jax.rationales import siblings
from distill_jax.text import vocabulary
from tests import shared
from tests.data import brought, caches

SHARES = (0.01, 0.125, 0.25, 0.5, 0.75, 1.0)


@pytest.mark.parametrize('seed', [0, 7])
def test_a_smaller_share_is_contained_in_a_larger_one(seed):
  nested = [set(share.rows(720, part, seed).tolist()) for part in SHARES]
  assert [len(rows) for rows in nested] == [7, 90, 180, 360, 540, 720]
  assert all(small < large for small, large in itertools.pairwise(nested))
  assert nested[-1] == set(range(720))


def test_rows_are_in_order_and_vary_with_the_seed():
  found = [share.rows(100, 0.25, seed) for seed in range(4)]
  assert all(np.all(np.diff(rows) > 0) for rows in found)
  assert len({tuple(rows) for rows in found}) == 4


def test_no_row_is_preferred():
  """Each of 40 is kept by a quarter of 400 seeds, give or take 5 sigma."""
  kept = np.zeros(40)
  for seed in range(400):
    kept[share.rows(40, 0.25, seed)] += 1
  assert kept.sum() == 4_000
  assert np.all(np.abs(kept - 100) < 5 * np.sqrt(400 * 0.25 * 0.75))


def test_at_least_one_row_is_kept():
  assert len(share.rows(3, 0.01, 0)) == 1
  assert len(share.rows(0, 1.0, 0)) == 0


@pytest.mark.parametrize('part', [0.0, -0.5, 1.01, 25])
def test_impossible_shares_are_refused(tmp_path, part):
  with pytest.raises(ValueError, match=r'share=.* expected more than 0 and at'):
    brought.read(tmp_path, share=part)


@pytest.fixture
def folder(tmp_path, monkeypatch):
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  lines = [brought.line(number) for number in range(20)]
  return brought.write(tmp_path / 'pens', lines, lines[:4], lines[:5])


def test_one_cache_serves_every_share(folder):
  whole = brought.read(folder)
  quarter = brought.read(folder, share=0.25)
  other = brought.read(folder, share=0.25, share_seed=1)
  assert whole.build() == quarter.build() == other.build()
  assert [len(s.open('train')) for s in (whole, quarter, other)] == [20, 5, 5]
  names = {
    tuple(r.example_id for r in s.open('train').records())
    for s in (whole, quarter, other)
  }
  assert len(names) == 3


def test_only_training_questions_are_left_out(folder):
  source = brought.read(folder, share=0.25)
  assert len(source.open('validation')) == 4
  assert len(source.open('test')) == 5


def test_rows_and_records_are_those_of_the_whole(folder):
  whole = brought.read(folder).open('train')
  part = brought.read(folder, share=0.25).open('train')
  assert part.lengths == whole.lengths
  assert part.num_rationales == 5 * 3
  records = whole.records()
  for i, record in enumerate(part.records()):
    j = part.rows[i]
    assert record == records[j]
    assert part[i].questions.tolist() == whole[j].questions.tolist()
    assert [r.tolist() for r in part[i].rationales] == [
      r.tolist() for r in whole[j].rationales
    ]
  with pytest.raises(IndexError, match='has 5 examples, there is no 5'):
    part.row(5)


def test_an_epoch_is_the_share(folder):
  split = brought.read(folder, share=0.25).open('train')
  loader = loader_lib.Loader(split=split, batch_size=5)
  assert loader.steps_per_epoch == 1
  for step in range(3):
    assert sorted(loader.batch(step).example_index) == [0, 1, 2, 3, 4]


def test_what_was_seen_is_the_whole_of_it(folder):
  source = brought.read(folder, share=0.25)
  whole = brought.read(folder)
  seen = source.seen('test')
  assert len(seen) == 20 + 4
  assert seen.records() == (
    whole.open('train').records() + whole.open('validation').records()
  )
  assert source.seen('validation').records() == whole.open('train').records()
  assert len(source.seen('train')) == 4


def test_svamps_50_test_questions_without_a_sibling(tmp_path, monkeypatch):
  """The papers' figure, at any share; 55 have none in the 720 to train on."""
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  source = source_lib.Source(
    task='svamp',
    data_dir=str(shared.path('svamp')),
    cache_dir=str(tmp_path),
    vocabulary=vocabulary.Vocabulary(
      str(shared.path('tokenizers', 't5_spiece.model')), extra_ids=100
    ),
    share=0.25,
  )
  asked = [record.question for record in source.open('test').records()]
  seen = [record.question for record in source.seen('test').records()]
  assert len(siblings.without_sibling(asked, seen)) == 50
