"""What damaged copies of rationales look like, whatever is drawn."""

import dataclasses
import functools

import jax
import numpy as np
import pytest

from distill_jax.critics import corruption
from distill_jax.text import vocabulary as vocabulary_lib

_ROWS, _LENGTH = 8, 24  # one shape for most tests: compiled once each


@dataclasses.dataclass(frozen=True)
class _Vocabulary:
  """40 ids; those from 3 on begin words, unless they continue one."""

  pad_id: int = 0
  eos_id: int = 1
  unk_id: int = 2
  continuing: tuple[int, ...] = tuple(range(32, 40))

  @property
  def word_starts(self) -> np.ndarray:
    starts = np.arange(40) >= 3
    starts[list(self.continuing)] = False
    return starts


_VOCABULARY = _Vocabulary()


def _corruption(**fields):
  return corruption.Corruption(vocabulary=_VOCABULARY, **fields)


@functools.partial(jax.jit, static_argnums=0)
def _damaged(damage, seed, tokens):
  return damage(jax.random.key(seed), tokens)


def _words(rng, num) -> list[list[int]]:
  return [
    [int(rng.integers(3, 32)), *rng.integers(32, 40, rng.integers(0, 3))]
    for _ in range(num)
  ]


def _batch(seed):
  """Returns texts as lists of words, and as rows of ids with and without EOS.

  The first text is one word, the last one is empty.
  """
  rng = np.random.default_rng(seed)
  texts = [_words(rng, n) for n in [1, *rng.integers(2, 8, _ROWS - 2), 0]]
  tokens = np.zeros((_ROWS, _LENGTH), np.int32)
  for i, text in enumerate(texts):
    ids = [piece for word in text for piece in word]
    if text and i % 3:  # a target that was cut has no EOS
      ids.append(1)
    tokens[i, : len(ids)] = ids
  return texts, tokens


def _text(row) -> list[int]:
  """Returns a row without padding; fails where padding precedes a token."""
  row = np.asarray(row).tolist()
  length = sum(token != 0 for token in row)
  assert all(row[:length]), f'{row} is not left-aligned'
  return row[:length]


def _hits(words, ids, damages) -> set[int]:
  """Returns every number of damaged words that explains `ids`.

  A word is either there with all its pieces or replaced by one of `damages`.
  """
  if not words:
    return set() if ids else {0}
  found, (first, *rest) = set(), words
  if ids[: len(first)] == first:
    found |= _hits(rest, ids[len(first) :], damages)
  if ids and ids[0] in damages:
    found |= {1 + hits for hits in _hits(rest, ids[1:], damages)}
  return found


@pytest.mark.parametrize('seed', range(8))
def test_copies_are_the_words_with_some_replaced(seed):
  texts, tokens = _batch(seed)
  copies = _damaged(_corruption(), seed, tokens)
  assert copies.shape == tokens.shape
  starts = {word[0] for text in texts for word in text}
  for words, row, copy in zip(texts, tokens, copies):
    row, copy = _text(row), _text(copy)
    ended = row[-1:] == [1]
    assert (copy[-1:] == [1]) == ended, 'EOS is never touched'
    assert 1 not in copy[:-1]
    body = copy[:-1] if ended else copy
    assert _hits(words, body, {2} | starts), (words, body)


@pytest.mark.parametrize('seed', range(8))
@pytest.mark.parametrize(
  'rates', [(0.15, 0.15), (0.0, 0.05), (0.05, 0.0), (1.0, 0.0)]
)
def test_every_copy_of_a_text_differs_from_it(rates, seed):
  texts, tokens = _batch(seed)
  damage = _corruption(mask_rate=rates[0], replace_rate=rates[1])
  copies = np.asarray(_damaged(damage, seed, tokens))
  for words, row, copy in zip(texts, tokens, copies):
    assert np.any(row != copy) == bool(words), (row, copy)


def _masked(*row, vocabulary=_VOCABULARY, **fields):
  """Returns a text with all of its words masked."""
  damage = corruption.Corruption(
    vocabulary=vocabulary, mask_rate=1.0, replace_rate=0.0, **fields
  )
  tokens = np.zeros((_ROWS, _LENGTH), np.int32)
  tokens[0, : len(row)] = row
  return _text(_damaged(damage, 0, tokens)[0])


def test_pieces_that_continue_a_damaged_word_go_with_it():
  assert _masked(5, 33, 34, 6, 35, 7, 1) == [2, 2, 2, 1]


def test_unknown_pieces_at_the_front_are_no_word():
  assert _masked(2, 33, 6, 1, mask_id=9) == [2, 33, 9, 1]


def test_ids_beyond_the_vocabulary_are_no_words():
  # The last id of T5's vocabulary, an extra id, does begin a word.
  ending = _Vocabulary(continuing=())
  assert _masked(3, 500, 1, vocabulary=ending) == [2, 1]
  assert _masked(3, 39, 1, vocabulary=ending) == [2, 2, 1]


def test_a_real_vocabulary():
  vocabulary = vocabulary_lib.Vocabulary()
  ids = vocabulary.encode('Tom has 75 books.')
  words = sum(bool(vocabulary.word_starts[i]) for i in ids)
  masked = _masked(*ids, 1, vocabulary=vocabulary)
  assert masked == [vocabulary.unk_id] * words + [1]
  assert 0 < words < len(ids)


def test_replacements_come_from_the_batch():
  tokens = np.zeros((_ROWS, _LENGTH), np.int32)
  tokens[0, :5], tokens[1, :6] = [3, 4, 5, 6, 1], [7, 8, 9, 10, 33, 1]
  damage = _corruption(mask_rate=0.0, replace_rate=1.0)
  copies = np.stack([_damaged(damage, seed, tokens) for seed in range(40)])
  words = copies[copies > 1]
  assert set(words.tolist()) == set(range(2, 11))
  # 1 in 8 draws itself and is masked instead.
  assert np.mean(words == 2) == pytest.approx(1 / 8, abs=0.06)


def test_rates():
  rng = np.random.default_rng(0)
  tokens = rng.integers(3, 32, (200, 40)).astype(np.int32)
  damage = _corruption(mask_rate=0.2, replace_rate=0.1)
  copies = np.asarray(_damaged(damage, 0, tokens))
  masked = np.mean(copies == 2)
  replaced = np.mean((copies != tokens) & (copies != 2))
  # 1 in 29 replacements draws the word itself and is masked.
  assert masked == pytest.approx(0.2 + 0.1 / 29, abs=0.015)
  assert replaced == pytest.approx(0.1 * 28 / 29, abs=0.015)


def test_copies_depend_on_the_key_alone():
  _, tokens = _batch(0)
  first, again, other = (
    np.asarray(_damaged(_corruption(), seed, tokens)) for seed in (1, 1, 2)
  )
  np.testing.assert_array_equal(first, again)
  assert np.any(first != other)


def test_any_leading_axes():
  _, tokens = _batch(0)
  flat = _damaged(_corruption(), 3, tokens)
  deep = _damaged(_corruption(), 3, tokens.reshape(2, 4, _LENGTH))
  np.testing.assert_array_equal(deep.reshape(flat.shape), flat)


def test_nothing_to_damage():
  tokens = np.zeros((_ROWS, _LENGTH), np.int32)
  np.testing.assert_array_equal(_damaged(_corruption(), 0, tokens), tokens)


@pytest.mark.parametrize('rates', [(0, 0), (-0.1, 0.5), (0.6, 0.5), (0.5, -1)])
def test_rates_that_make_no_sense_are_refused(rates):
  with pytest.raises(ValueError, match='mask_rate'):
    _corruption(mask_rate=rates[0], replace_rate=rates[1])


def test_left_align_keeps_the_order():
  tokens = np.array([[5, 0, 6, 7], [8, 9, 0, 0]], np.int32)
  keep = np.array([[True, False, False, True], [True, True, False, False]])
  np.testing.assert_array_equal(
    corruption.left_align(tokens, keep), [[5, 7, 0, 0], [8, 9, 0, 0]]
  )
