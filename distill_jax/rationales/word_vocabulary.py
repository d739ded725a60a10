"""Small vocabularies in which whole words are pieces.

Ids follow T5: 0 padding, 1 end of sequence, 2 unknown.
"""

import io
from collections.abc import Iterable, Sequence

import sentencepiece

SPACE = '\u2581'  # what SentencePiece writes where a word begins

_SPECIAL = ('<pad>', '</s>', '<unk>')
_CHARACTERS = SPACE + ''.join(map(chr, range(33, 127)))


def make(pieces: Sequence[str], texts: Iterable[str]) -> bytes:
  """The serialised SentencePiece model, the same on every call.

  Args:
    pieces: that are one token each, `SPACE` in front where a word begins; all
      other text falls into characters.
    texts: that are to be written with it.
  """
  model = io.BytesIO()
  sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter(texts),
    model_writer=model,
    model_type='char',
    vocab_size=len(pieces) + len(_SPECIAL) + len(_CHARACTERS),
    character_coverage=1.0,
    required_chars=_CHARACTERS,
    user_defined_symbols=list(pieces),
    pad_id=0,
    eos_id=1,
    unk_id=2,
    bos_id=-1,
    num_threads=1,
    minloglevel=2,
  )
  return model.getvalue()
