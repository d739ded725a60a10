"""From a text to the words that are searched, for corpus and query alike."""

import dataclasses
import functools
import re
from typing import Any

import Stemmer

# Those of Lucene's analyser of English.
ENGLISH = (
  *('a', 'an', 'and', 'are', 'as', 'at', 'be', 'but', 'by', 'for', 'if'),
  *('in', 'into', 'is', 'it', 'no', 'not', 'of', 'on', 'or', 'such', 'that'),
  *('the', 'their', 'then', 'there', 'these', 'they', 'this', 'to', 'was'),
  *('will', 'with'),
)

# "don't" is one word, and so is "world's", whose end the stemmer takes away.
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Words:
  """How texts become words.

  Attributes:
    stemmer: a language of Snowball, such as 'english', whose endings are taken
      away; None to leave words whole.
    stop_words: that are left out, before the stemmer; () for none.
  """

  stemmer: str | None = 'english'
  stop_words: tuple[str, ...] = ENGLISH

  def __post_init__(self):
    if self.stemmer is not None and self.stemmer not in Stemmer.algorithms():
      raise ValueError(
        f'Words.stemmer is {self.stemmer!r}, expected None or one of '
        f'{", ".join(Stemmer.algorithms())}.'
      )

  def of(self, text: str) -> list[str]:
    """The words of a text in their order, in small letters.

    `Words().of("The bees' wings don't freeze.")` is
    `['bee', 'wing', "don't", 'freez']`.
    """
    kept = [word for word in self.split(text) if word not in self._left_out]
    return kept if self._stemmer is None else self._stemmer.stemWords(kept)

  def split(self, text: str) -> list[str]:
    """The words of a text as they stand there, in small letters."""
    return _WORD.findall(text.lower().replace('\u2019', "'"))

  def stem(self, word: str) -> str | None:
    """What `of` makes of one word of `split`; None where it is left out."""
    if word in self._left_out:
      return None
    return word if self._stemmer is None else self._stemmer.stemWord(word)

  @property
  def facts(self) -> dict[str, Any]:
    """All that decides which words come of a text, as plain JSON."""
    return {
      'stemmer': self.stemmer,
      'stemmer_version': self.stemmer and Stemmer.version(),
      'stop_words': list(self.stop_words),
      'words_version': 1,  # of this file
    }

  @functools.cached_property
  def _left_out(self) -> frozenset[str]:
    return frozenset(word.lower() for word in self.stop_words)

  @functools.cached_property
  def _stemmer(self) -> Any:
    return None if self.stemmer is None else Stemmer.Stemmer(self.stemmer)
