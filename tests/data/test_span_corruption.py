"""Span corruption: what goes in comes out again."""

import numpy as np
import pytest

from distill_jax.data import span_corruption

_OWN = span_corruption.SpanCorruption()
_EOS = 1
_FIRST = 999  # sentinel


def _corrupt(length, seed, own=_OWN):
  ids = np.arange(100, 100 + length)
  random = np.random.Philox(seed)
  return ids, *own.apply(ids, _FIRST, _EOS, random)


def _restored(read, written):
  """The text, by reading both sides as plain lists."""
  spans, current = {}, None
  for token in written[:-1].tolist():
    if token > 900:
      current = spans.setdefault(token, [])
    else:
      current.append(token)
  text = []
  for token in read[:-1].tolist():
    text += spans.pop(token) if token > 900 else [token]
  assert not spans
  return text


@pytest.mark.parametrize('length', [2, 3, 5, 20, 100, 511])
@pytest.mark.parametrize('seed', range(5))
def test_both_sides_hold_the_text(length, seed):
  ids, read, written = _corrupt(length, seed)
  assert read[-1] == written[-1] == _EOS
  assert _restored(read, written) == ids.tolist()
  sentinels = [token for token in read.tolist() if token > 900]
  assert sentinels == list(range(_FIRST, _FIRST - len(sentinels), -1))
  taken = len(written) - 1 - len(sentinels)
  assert taken == max(round(0.15 * length), 1)
  assert len(sentinels) == max(round(taken / 3), 1)
  # It begins with what stays and ends with a span.
  assert read[0] == ids[0]
  assert read[-2] == sentinels[-1]


def test_by_hand():
  class Fixed:
    """Cuts 3 kept tokens after the second, and 2 taken ones after the first."""

    def random_raw(self, number):
      return {2: np.array([9, 3]), 1: np.array([4])}[number]

  own = span_corruption.SpanCorruption(rate=0.4, mean_length=1.0)
  read, written = own.apply(np.array([5, 6, 7, 8, 9]), 99, 1, Fixed())
  assert read.tolist() == [5, 6, 99, 8, 98, 1]
  assert written.tolist() == [99, 7, 98, 9, 1]


def test_every_place_is_as_likely():
  counts = np.zeros(40)
  for seed in range(2000):
    counts += _OWN.mask(40, np.random.Philox(seed))
  # 6 of 40 tokens in 2 spans, of which one always ends the text.
  assert counts.sum() == 2000 * 6
  inner = counts[1:-12] / 2000
  assert inner.std() < 0.02


def test_the_same_seed_is_the_same_text():
  first, again = _corrupt(50, 3), _corrupt(50, 3)
  assert all((a == b).all() for a, b in zip(first, again))
  assert _corrupt(50, 4)[1].tolist() != first[1].tolist()


@pytest.mark.parametrize(
  'fields', [{'rate': 0}, {'rate': 1}, {'mean_length': 0}]
)
def test_refuses_what_takes_nothing_or_all(fields):
  with pytest.raises(ValueError, match='expected a share'):
    span_corruption.SpanCorruption(**fields)
