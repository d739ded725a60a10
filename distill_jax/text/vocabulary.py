"""A SentencePiece vocabulary, read without TensorFlow."""

import dataclasses
import functools
import hashlib
import pathlib
from collections.abc import Iterable
from typing import ClassVar

import numpy as np
import sentencepiece

from distill_jax import hub
from distill_jax.text import processor as processor_lib
from distill_jax.text import tokenizer

_HERE = pathlib.Path(__file__).parent
EMBEDDED = ('embedded', 'invented_facts')  # files that come with the package
TOKENIZER_FILES = ('spiece.model', 'tokenizer.json', 'tokenizer_config.json')
_WORD_START = '\u2581'
END = tokenizer.END


@dataclasses.dataclass(frozen=True)
class Vocabulary(tokenizer.Tokenizer):
  """Token ids of texts and texts of token ids, as T5 counts them.

  Id 0 is padding and id 1 ends a sequence. Extra ids follow the pieces of the
  file, as SeqIO adds them: T5's file has 32,000 pieces and `extra_ids=100`
  makes 32,100 ids. A model's embedding may be larger still (32,128).

  Attributes:
    path: a SentencePiece model; a tokenizer.json of T5's kind; a Hugging Face
      folder or name with one or both, which are then compared; or one of the
      small vocabularies that come with the package: 'embedded' for the story
      problems, 'invented_facts' for the task of that name.
    extra_ids: sentinel ids behind the pieces.

  The file is read when it is first needed, so that a plan can be made without
  it. Whatever needs it raises ValueError where the file is absent, is no such
  vocabulary, or numbers padding and end of sequence differently.
  """

  kind: ClassVar[str] = 'sentencepiece'

  path: str = 'embedded'
  extra_ids: int = 0

  def __post_init__(self):
    """Refuses a negative number of extra ids."""
    if self.extra_ids < 0:
      raise ValueError(
        f'Vocabulary: extra_ids is {self.extra_ids}, expected 0 or more '
        '(100 for T5)'
      )

  @property
  def unk_id(self) -> int:
    """What a character without a piece becomes."""
    return self._processor.unk_id()

  @property
  def size(self) -> int:
    """Number of ids: pieces and extra ids."""
    return self._processor.get_piece_size() + self.extra_ids

  @functools.cached_property
  def fingerprint(self) -> str:
    """Hexadecimal digest of the file's bytes and of the extra ids."""
    digest = hashlib.sha256(self.file.read_bytes())
    digest.update(str(self.extra_ids).encode())
    return digest.hexdigest()

  @functools.cached_property
  def word_starts(self) -> np.ndarray:
    """Whether an id begins a word: bool of shape [size].

    Extra ids count as words, padding, end of sequence and unknown do not.
    """
    starts = [piece.startswith(_WORD_START) for piece in self.pieces]
    return np.array(starts + [True] * self.extra_ids)

  def encode(self, text: str) -> list[int]:
    """Token ids of a text, without an end of sequence behind it.

    Inside, '</s>' is that one id, as in transformers: 'Ice.</s>It is cold.' of
    a premise and a hypothesis.
    """
    return self._joined(self._processor.encode(text.split(END)))

  def decode(self, ids: Iterable[int]) -> str:
    """Text of token ids up to the first end of sequence, without padding.

    An unknown id reads '<unk>', the k-th extra id from the end
    '<extra_id_k>'.
    """
    text, run = '', []
    for token in ids:
      if token == self.eos_id:
        break
      special = self._special(int(token))
      if special is None:
        run.append(int(token))
      elif special:
        text, run = _append(text, self._processor.decode(run)) + special, []
    return _append(text, self._processor.decode(run)).strip()

  def _special(self, token: int) -> str | None:
    """How an id that is no piece reads; None for a piece."""
    pieces = self._processor.get_piece_size()
    if token == self.pad_id:
      return ''
    if pieces <= token < self.size:
      return f' <extra_id_{self.size - 1 - token}>'
    known = 0 <= token < pieces and token != self.unk_id
    return None if known else '<unk>'

  @property
  def file(self) -> pathlib.Path:
    """The SentencePiece model on disk, for SeqIO too."""
    if self.path in EMBEDDED:
      return _HERE / f'{self.path}.model'
    path = hub.local(self.path, TOKENIZER_FILES)
    if path.is_dir() or (path.suffix == '.json' and path.is_file()):
      # Most runs have a SentencePiece model and need not wait for this.
      from distill_jax.text import model_file

      return model_file.find(path, self.extra_ids)
    return path

  @property
  def pieces(self) -> list[str]:
    """What each id reads, without the extra ids."""
    count = self._processor.get_piece_size()
    return self._processor.id_to_piece(list(range(count)))

  @functools.cached_property
  def _processor(self) -> sentencepiece.SentencePieceProcessor:
    return processor_lib.load(self.file)


def _append(text: str, more: str) -> str:
  return f'{text} {more}' if text and more else text + more
