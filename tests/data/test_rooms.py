"""Rungs of tokens: by hand, and on real data."""

import dataclasses

import numpy as np
import pytest

from distill_jax import batch as batch_lib
from distill_jax.data import candidates, loader, rooms, source
from distill_jax.text import vocabulary
from tests import shared

_READ = ('label_inputs', 'label_targets', 'rationale_inputs', 'positives')


def _batch(**arrays):
  given = {
    'label_inputs': [[5, 1, 0], [6, 7, 1], [8, 0, 0], [9, 1, 0]],
    'label_targets': [[3, 1], [4, 1], [3, 0], [5, 1]],
    'rationale_inputs': [[5, 1, 0], [6, 7, 1], [8, 0, 0], [9, 1, 0]],
    'questions': [[5, 0, 0], [6, 7, 0], [8, 0, 0], [9, 0, 0]],
    'positives': [
      [[5, 1, 0], [6, 7, 1]],
      [[4, 1, 0], [0, 0, 0]],
      [[3, 1, 0], [5, 1, 0]],
      [[9, 8, 1], [7, 1, 0]],
    ],
    'negatives': [[[4, 1, 0]], [[5, 6, 1]], [[0, 0, 0]], [[2, 0, 0]]],
    'positive_valid': np.ones((4, 2), bool),
    'negative_valid': np.ones((4, 1), bool),
    'weights': np.ones(4, np.float32),
    'example_index': np.arange(4),
  }
  return batch_lib.Batch(
    **{k: np.asarray(v) for k, v in {**given, **arrays}.items()}
  )


def test_tokens_by_hand():
  found = rooms.counts(_batch())
  assert {name: list(count) for name, count in found.items()} == {
    'label_inputs': [2, 3, 1, 2],
    'label_targets': [2, 2, 1, 2],
    'rationale_inputs': [2, 3, 1, 2],
    'questions': [1, 2, 1, 1],
    'positives': [5, 2, 4, 5],
    'negatives': [2, 3, 0, 1],
    'longest': [3 + 2, 2 + 3, 2 + 0, 3 + 1],
  }


def test_a_batch_knows_rooms_of_several_arrays():
  known = (
    ('positives', batch_lib.Room(16, 2)),
    ('negatives', batch_lib.Room(5, 2)),
  )
  batch = dataclasses.replace(_batch(), rooms=known)
  assert batch.room('positives', 'negatives') == batch_lib.Room(21, 2)
  assert batch.room('positives', 'questions') is None
  grown = dict(batch.joined('negatives', 'positives'))
  assert grown['negatives'] == batch_lib.Room(21, 2)
  assert _batch().joined('negatives', 'positives') == ()
  with pytest.raises(ValueError, match='2 parts and the other 1, expected as'):
    batch_lib.Room(16, 2) + batch_lib.Room(16)


@pytest.fixture(
  scope='module',
  params=['svamp', pytest.param('cqa', marks=pytest.mark.slow)],
)
def split(request, tmp_path_factory):
  folder = shared.path(request.param)
  vocabulary_file = shared.path('tokenizers', 't5_spiece.model')
  return source.Source(
    task=request.param,
    data_dir=str(folder),
    vocabulary=vocabulary.Vocabulary(path=str(vocabulary_file)),
    cache_dir=str(tmp_path_factory.mktemp('cache')),
    max_rationales=1,
  ).open('train')


def _loader(split, size=64):
  return loader.Loader(
    split=split, batch_size=size, candidates=candidates.First()
  )


def test_nine_of_ten_places_hold_a_token(split):
  """As the runs of distilling step-by-step read these data by default."""
  batches = _loader(split)
  ladder = rooms.Ladder(batches)
  found = [ladder.fit(batches.batch(step)) for step in range(40)]
  shares = [rooms.filled(batch, *_READ) for batch in found]
  assert np.mean(shares) >= 0.9
  assert len({batch.rooms for batch in found}) <= 3


@pytest.mark.parametrize(('parts', 'accumulate'), [(1, 1), (4, 1), (2, 4)])
def test_every_part_of_a_batch_fits(split, parts, accumulate):
  batches = _loader(split)
  ladder = rooms.Ladder(batches, parts=parts, accumulate=accumulate)
  for step in range(6):
    batch = ladder.fit(batches.batch(step))
    for name in _READ:
      rows = (getattr(batch, name) > 0).reshape(64, -1).sum(axis=1)
      room = batch.room(name)
      assert room.parts == parts
      for micro in range(accumulate):
        for part in np.split(rows[micro::accumulate], parts):
          assert part.sum() <= room.tokens


def test_the_longest_rows_of_all_fit(split):
  batches = _loader(split, size=8)
  ladder = rooms.Ladder(batches)
  order = np.argsort([len(split[i].rationales[0]) for i in range(len(split))])
  rows = [split[int(i)] for i in order[-8:]]
  longest = np.zeros((8, 1, split.lengths.rationale), np.int32)
  for place, row in enumerate(rows):
    ids = row.rationales[0]
    longest[place, 0, : len(ids)] = ids
  batch = dataclasses.replace(batches.batch(0), positives=longest)
  fitted = ladder.fit(batch)
  assert fitted.room('positives').tokens >= np.count_nonzero(longest)
  full = dataclasses.replace(batch, positives=np.ones_like(longest))
  assert ladder.fit(full).room('positives').tokens == longest.size


def test_a_student_that_writes_at_length_moves_no_other_array(split):
  batches = _loader(split)
  ladder = rooms.Ladder(batches, written=1)
  batch = batches.batch(0)
  short = np.zeros((64, 1, split.lengths.rationale), np.int32)
  short[:, :, :3] = 1
  full = np.ones_like(short)
  one, other = (
    dict(ladder.fit(dataclasses.replace(batch, negatives=text)).rooms)
    for text in (short, full)
  )
  assert other['negatives'].tokens == full.size
  assert one['negatives'].tokens < full.size
  for name in _READ:
    assert one[name] == other[name]
