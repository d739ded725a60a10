"""From texts to words."""

import pytest

from distill_jax.retrieval import words


@pytest.mark.parametrize(
  ('text', 'expected'),
  [
    # Porter's own examples of his second algorithm (snowballstem.org).
    ('consistency knightly', ['consist', 'knight']),
    ("The bees' wings don't freeze.", ['bee', 'wing', "don't", 'freez']),
    ('the world\u2019s AND oceans', ['world', 'ocean']),
    ('H2O, pH 7.0; snake_case', ['h2o', 'ph', '7', '0', 'snake', 'case']),
    ('it is not', []),
    ('', []),
  ],
)
def test_words_in_english(text, expected):
  assert words.Words().of(text) == expected


def test_without_stemmer_and_stop_words():
  plain = words.Words(stemmer=None, stop_words=())
  assert plain.of('The Bees fly') == ['the', 'bees', 'fly']


def test_stop_words_of_ones_own():
  mine = words.Words(stemmer=None, stop_words=('Bees',))
  assert mine.of('the bees fly') == ['the', 'fly']


def test_stop_words_are_those_of_lucene():
  # EnglishAnalyzer.ENGLISH_STOP_WORDS_SET has 33 words.
  assert len(set(words.ENGLISH)) == len(words.ENGLISH) == 33


def test_another_language():
  assert words.Words(stemmer='german').of('H\u00e4user') == ['haus']


def test_an_unknown_stemmer():
  with pytest.raises(ValueError, match="'klingon', expected None or one of"):
    words.Words(stemmer='klingon')
