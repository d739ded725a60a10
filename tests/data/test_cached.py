import numpy as np
import pytest

from distill_jax.data import cached
from distill_jax.rationales import record
from tests.data import caches


@pytest.fixture
def split(tmp_path):
  rows = [
    caches.row(0, [[5, 1], [6, 7, 1]], [1, -1]),
    caches.row(1),
    caches.row(2, [[8, 9, 10, 1]], [1]),
  ]
  return caches.opened(tmp_path, rows)


def test_rows_come_back_as_they_were_written(split):
  assert len(split) == 3
  row = split.row(0)
  assert row.label_inputs.tolist() == [2, 10, 1]
  assert row.label_targets.tolist() == [30, 1]
  assert row.rationale_inputs.tolist() == [3, 10, 1]
  assert row.questions.tolist() == [10]
  assert [ids.tolist() for ids in row.rationales] == [[5, 1], [6, 7, 1]]
  assert row.votes.tolist() == [1, -1]
  assert split.row(1).rationales == []
  assert [ids.tolist() for ids in split[2].rationales] == [[8, 9, 10, 1]]


def test_facts_are_known_without_reading_a_row(split):
  assert vars(split.lengths) == {'inputs': 8, 'label': 4, 'rationale': 8}
  assert split.warnings == ('a warning',)
  assert split.dropped == {'no label': 2}
  assert split.num_rationales == 3


def test_texts_are_cut_to_their_limits_without_an_end(tmp_path):
  rows = [caches.row(0, [[5] * 8 + [1]], [1]), caches.row(1, [[6, 1]], [1])]
  rows[0]['label_targets'] = [7, 7, 7, 7, 1]
  split = caches.opened(tmp_path, rows)
  assert split.row(0).label_targets.tolist() == [7, 7, 7, 7]
  assert split.row(0).rationales[0].tolist() == [5] * 8
  assert vars(split.lengths) == {'inputs': 8, 'label': 4, 'rationale': 8}


def test_ids_beyond_16_bits_survive(tmp_path):
  with_large = caches.row(0)
  with_large['questions'] = [65535]
  split = caches.opened(tmp_path, [with_large])
  assert split.row(0).questions.astype(np.int32).tolist() == [65535]


def test_records_are_those_of_the_rows(split):
  assert split.records() == [
    record.Record(example_id=f'made/{i}', question='How many?') for i in '012'
  ]


def test_no_such_row(split):
  with pytest.raises(IndexError, match='train has 3 examples, there is no 3'):
    split.row(3)


def test_no_such_split(split):
  with pytest.raises(ValueError, match="no split 'tests'; it has train"):
    cached.Split(split.folder.parent, 'tests')


def test_every_file_that_lost_its_end_is_named(split):
  for path in sorted(split.folder.iterdir()):
    whole = path.read_bytes()
    if not whole:
      continue
    path.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match=f'{path.name} is damaged.*remove'):
      cached.Split(split.folder.parent, 'train')
    path.write_bytes(whole)
  assert len(cached.Split(split.folder.parent, 'train')) == 3


@pytest.mark.parametrize('text', ['', '{"splits"', '[]', '{}'])
def test_a_damaged_description_is_named(split, text):
  (split.folder.parent / cached.META).write_text(text)
  with pytest.raises(ValueError, match=r'meta.json cannot be read .*remove'):
    cached.Split(split.folder.parent, 'train')
