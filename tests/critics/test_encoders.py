import jax.numpy as jnp
import numpy as np

from tests.critics import rerankers

_FIRST = jnp.array([[5, 6, 7, 0], [8, 0, 0, 0], [0, 0, 0, 0]])
_SECOND = jnp.array([[3, 4, 0], [5, 6, 7], [0, 0, 0]])


def _check(rows, ids, types):
  np.testing.assert_array_equal(rows.ids, ids)
  np.testing.assert_array_equal(rows.types, types)


def test_texts_of_bert_alone():
  rows = rerankers.BERT.single(_FIRST)
  ids = [[22, 5, 6, 7, 23, 0], [22, 8, 23, 0, 0, 0], [22, 23, 0, 0, 0, 0]]
  _check(rows, ids, np.zeros((3, 6)))


def test_pairs_of_bert():
  rows = rerankers.BERT.pair(_FIRST, _SECOND)
  _check(
    rows,
    [
      [22, 5, 6, 7, 23, 3, 4, 23, 0, 0],
      [22, 8, 23, 5, 6, 7, 23, 0, 0, 0],
      [22, 23, 23, 0, 0, 0, 0, 0, 0, 0],
    ],
    [
      [0, 0, 0, 0, 0, 1, 1, 1, 0, 0],
      [0, 0, 0, 1, 1, 1, 1, 0, 0, 0],
      [0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    ],
  )


def test_texts_of_t5_alone():
  rows = rerankers.T5.single(_FIRST)
  ids = [[5, 6, 7, 1, 0], [8, 1, 0, 0, 0], [1, 0, 0, 0, 0]]
  _check(rows, ids, np.zeros((3, 5)))


def test_pairs_of_t5():
  rows = rerankers.T5.pair(_FIRST, _SECOND)
  ids = [
    [5, 6, 7, 1, 3, 4, 1, 0, 0],
    [8, 1, 5, 6, 7, 1, 0, 0, 0],
    [1, 1, 0, 0, 0, 0, 0, 0, 0],
  ]
  np.testing.assert_array_equal(rows.ids, ids)


def test_longest_rows():
  assert rerankers.BERT.max_length == 16
  assert rerankers.T5.max_length is None
  assert rerankers.LATE['bert'].width(3, 7) == 9  # [CLS] and [SEP]
  assert rerankers.CROSS['bert'].width(3, 7) == 13  # [CLS] and twice [SEP]
  assert rerankers.LATE['t5'].width(9, 7) == 10
  assert rerankers.CROSS['t5'].width(3, 7) == 12
