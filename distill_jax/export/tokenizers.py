"""Which vocabulary transformers gives a network of a kind, and its files."""

import pathlib
from typing import Any

from distill_jax.models import bert, opt, t5
from distill_jax.text import (
  byte_pairs,
  listed_files,
  tokenizer,
  tokenizer_files,
  word_pieces,
)
from distill_jax.text import vocabulary as vocabulary_lib

# Of each configuration the vocabulary, and what writes it.
_WRITERS = {
  t5.T5Config: (vocabulary_lib.Vocabulary, tokenizer_files.write),
  opt.OptConfig: (byte_pairs.BytePairs, listed_files.write_byte_pairs),
  bert.BertConfig: (word_pieces.WordPieces, listed_files.write_word_pieces),
}


def fits(config: Any, vocabulary: tokenizer.Tokenizer) -> bool:
  """Returns whether transformers reads such a network's ids by such a one."""
  return isinstance(vocabulary, _WRITERS[type(config)][0])


def write(
  folder: pathlib.Path,
  config: Any,
  vocabulary: tokenizer.Tokenizer,
  max_length: int,
) -> None:
  """Writes a vocabulary that fits as transformers reads it.

  Args:
    folder: that exists.
    config: of the network.
    vocabulary: its vocabulary.
    max_length: tokens beyond which transformers warns.

  Raises:
    ValueError: if no file there gives the same ids.
  """
  _WRITERS[type(config)][1](folder, vocabulary, max_length=max_length)
