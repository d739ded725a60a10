"""SentencePiece models, opened."""

import functools
import pathlib

import sentencepiece


@functools.lru_cache(maxsize=8)
def load(file: pathlib.Path) -> sentencepiece.SentencePieceProcessor:
  """Returns the reader of a SentencePiece model, read once.

  Raises:
    ValueError: if the file is absent, is no SentencePiece model, or numbers
      padding and end of sequence otherwise than T5.
  """
  if not file.is_file():
    raise ValueError(
      f'Vocabulary: no file {file}; name a SentencePiece model, such as '
      "T5's spiece.model, a folder or tokenizer.json of transformers, or "
      "'embedded'"
    )
  try:
    processor = sentencepiece.SentencePieceProcessor(model_file=str(file))
  except (RuntimeError, OSError) as error:
    raise ValueError(
      f'Vocabulary: {file} is no SentencePiece model; expected a binary file '
      "such as T5's spiece.model"
    ) from error
  got = (processor.pad_id(), processor.eos_id())
  if got != (0, 1):
    raise ValueError(
      f'Vocabulary: {file} numbers padding and end of sequence {got}, '
      'expected (0, 1) as in T5; train it with pad_id=0 and eos_id=1'
    )
  return processor
