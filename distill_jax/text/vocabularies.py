"""The kinds of vocabulary, by the names that a builder knows them by."""

import pathlib
from typing import Any

from distill_jax.text import byte_pairs, tokenizer, vocabulary, word_pieces

_KINDS: dict[str, type[tokenizer.Tokenizer]] = {
  one.kind: one
  for one in (
    vocabulary.Vocabulary,
    byte_pairs.BytePairs,
    word_pieces.WordPieces,
  )
}


def opened(
  kind: str, file: pathlib.Path | str, settings: dict[str, Any]
) -> tokenizer.Tokenizer:
  """Returns the vocabulary of another process again.

  Args:
    kind: its `kind`.
    file: its `file`.
    settings: its `settings`.
  """
  return _KINDS[kind](str(file), **settings)
