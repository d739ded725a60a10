"""Which texts hold characters that a vocabulary cannot express."""

from collections.abc import Mapping
from typing import Any

from distill_jax.text import tokenizer as tokenizer_lib

_SHOWN = 8  # characters named in a report


class Census:
  """Counts the texts that lose something on their way through ids.

  T5's vocabulary has no `{` or `<`, for example. A newline that becomes a space
  is not lost.
  """

  def __init__(self, vocabulary: tokenizer_lib.Tokenizer):
    self._vocabulary = vocabulary
    self._lossy_chars: dict[str, bool] = {}
    self._texts: dict[str, int] = {}
    self._lossy: dict[str, int] = {}
    self._lost: dict[str, set[str]] = {}

  def add(self, example: Mapping[str, Any]) -> None:
    """Counts the texts of one example."""
    for feature, value in example.items():
      if feature == 'votes':
        continue
      for text in [value] if isinstance(value, str) else value:
        self._add(feature, text)

  def facts(self) -> dict[str, dict[str, Any]]:
    """Returns share and characters, per feature that loses any."""
    return {
      feature: {
        'share': number / self._texts[feature],
        'characters': sorted(self._lost[feature])[:_SHOWN],
      }
      for feature, number in self._lossy.items()
    }

  def _add(self, feature: str, text: str) -> None:
    self._texts[feature] = self._texts.get(feature, 0) + 1
    chars = set(text.replace(tokenizer_lib.END, ''))
    lost = [char for char in chars if self._loses(char)]
    if lost:
      self._lossy[feature] = self._lossy.get(feature, 0) + 1
      self._lost.setdefault(feature, set()).update(lost)

  def _loses(self, char: str) -> bool:
    """Whether a character becomes the unknown id."""
    if char not in self._lossy_chars:
      ids = self._vocabulary.encode(char)
      self._lossy_chars[char] = self._vocabulary.unk_id in ids
    return self._lossy_chars[char]
