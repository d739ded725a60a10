"""Ids and texts on disk."""

import numpy as np
import pytest

from distill_jax.rationales import record
from distill_jax.retrieval import texts

_PAIRS = [
  ('a', 'Ice floats.'),
  ('caf\u00e9', '\u6c34 "quoted" \\ and\na line'),
  ('7', '\ud83d is half of a character'),
]


def _written(folder, pairs):
  with texts.Writer(folder) as writer:
    for id, text in pairs:
      writer.add(record.Passage(id=id, text=text))
  return texts.Texts(folder)


def test_round_trip(tmp_path):
  found = _written(tmp_path, _PAIRS)
  assert len(found) == 3
  assert found.of(np.array([2, 0, 1, 2])) == [_PAIRS[at] for at in (2, 0, 1, 2)]
  assert found.of(np.zeros(0, np.int64)) == []
  assert found.ids() == [id for id, _ in _PAIRS]


def test_files_of_two_writers_do_not_fit(tmp_path):
  (tmp_path / 'other').mkdir()
  _written(tmp_path, _PAIRS)
  _written(tmp_path / 'other', _PAIRS[:2])
  (tmp_path / 'other' / 'starts.npy').replace(tmp_path / 'starts.npy')
  with pytest.raises(ValueError, match=r'starts.npy does not fit passages.bin'):
    texts.Texts(tmp_path)
