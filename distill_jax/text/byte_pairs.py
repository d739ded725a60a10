"""OPT's vocabulary: pairs of bytes, as GPT-2 has them."""

import dataclasses
import functools
import hashlib
import itertools
import pathlib
from collections.abc import Iterable
from typing import ClassVar

import numpy as np
import tokenizers
from tokenizers import decoders, models, pre_tokenizers

from distill_jax import hub
from distill_jax.text import listed, reserved, tokenizer

VOCABULARY, MERGES = 'vocab.json', 'merges.txt'
_FILES = (VOCABULARY, MERGES, listed.TOKENIZER)
_SPECIAL = ('<s>', '<pad>', '</s>', '<unk>')  # OPT's ids 0 to 3
_WORD_START = 'Ġ'  # a space, as the byte-level alphabet spells it
_BEGINNING = 2  # our id of <s>
_Merges = list[tuple[str, ...]]


@dataclasses.dataclass(frozen=True)
class BytePairs(tokenizer.Tokenizer):
  """Token ids of OPT, its first three put into our order.

  OPT numbers <s>, <pad>, </s> as 0, 1, 2; here they are 2, 0, 1, and all other
  ids are equal. Every text can be expressed.

  Attributes:
    path: a Hugging Face folder or name with vocab.json and merges.txt, or with
      tokenizer.json; or a tokenizer.json.
  """

  kind: ClassVar[str] = 'byte_pairs'

  path: str

  @property
  def unk_id(self) -> int:
    """<unk>, which no text becomes."""
    return _SPECIAL.index('<unk>')

  @property
  def size(self) -> int:
    """Number of ids: 50,265 for OPT."""
    return len(self.pieces)

  @property
  def pieces(self) -> list[str]:
    """What each id reads, in the byte-level alphabet."""
    return self._loaded[1]

  @functools.cached_property
  def fingerprint(self) -> str:
    """Hexadecimal digest of the files' bytes."""
    digest = hashlib.sha256(self.kind.encode())
    for file in files(self.file):
      digest.update(file.read_bytes())
    return digest.hexdigest()

  @functools.cached_property
  def word_starts(self) -> np.ndarray:
    """Whether an id begins a word behind a space: bool of shape [size]."""
    return np.array([piece.startswith(_WORD_START) for piece in self.pieces])

  def encode(self, text: str) -> list[int]:
    """Token ids of a text; see `Tokenizer.encode`."""
    parts = text.split(tokenizer.END)
    return self._joined(self._encode(part) for part in parts)

  def decode(self, ids: Iterable[int]) -> str:
    """Text of token ids; see `Tokenizer.decode`. What is no id reads '<unk>'.

    Space at both ends is taken away: behind a prompt the first word of a text
    may or may not have one.
    """
    silent = (self.pad_id, _BEGINNING)
    written = itertools.takewhile(lambda i: i != self.eos_id, map(int, ids))
    known = [
      i if 0 <= i < self.size else self.unk_id
      for i in written
      if i not in silent
    ]
    # Only ids that are the same in both orders are left.
    return self._loaded[0].decode(known, skip_special_tokens=False).strip()

  @property
  def file(self) -> pathlib.Path:
    """The folder or tokenizer.json on disk."""
    return hub.local(self.path, _FILES)

  def _encode(self, part: str) -> list[int]:
    made, _, to_ours = self._loaded
    return to_ours[made.encode(part).ids].tolist() if part else []

  @functools.cached_property
  def _loaded(self) -> tuple[tokenizers.Tokenizer, list[str], np.ndarray]:
    return _load(self.file)


def files(place: pathlib.Path) -> tuple[pathlib.Path, ...]:
  """Returns vocab.json and merges.txt, or tokenizer.json.

  Args:
    place: the folder, or the tokenizer.json.

  Raises:
    ValueError: if there are none.
  """
  if place.is_file():
    return (place,)
  pair = (place / VOCABULARY, place / MERGES)
  if all(file.is_file() for file in pair):
    return pair
  if (place / listed.TOKENIZER).is_file():
    return (place / listed.TOKENIZER,)
  raise ValueError(
    f'BytePairs: {place} holds neither {VOCABULARY} with {MERGES} nor '
    f'{listed.TOKENIZER}; give the folder of an OPT tokenizer'
  )


@functools.lru_cache(maxsize=4)
def _load(
  place: pathlib.Path,
) -> tuple[tokenizers.Tokenizer, list[str], np.ndarray]:
  """Returns what splits texts, the pieces by our ids, and our ids by OPT's."""
  found = files(place)
  vocab, merges = _pair(*found) if len(found) == 2 else _single(found[0])
  pieces = listed.in_order(found[0], vocab)
  if tuple(pieces[: len(_SPECIAL)]) != _SPECIAL:
    raise ValueError(
      f'BytePairs: {found[0]} begins with {pieces[: len(_SPECIAL)]}, expected '
      f'{list(_SPECIAL)} as in OPT'
    )
  made = tokenizers.Tokenizer(_model(found[-1], vocab, merges))
  made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
  made.decoder = decoders.ByteLevel()
  ours = [pieces[i] for i in reserved.to_theirs(len(pieces))]
  return made, ours, reserved.to_ours(len(pieces))


def _pair(
  vocabulary: pathlib.Path, merges: pathlib.Path
) -> tuple[dict[str, int], _Merges]:
  vocab = listed.numbered(vocabulary)
  lines = merges.read_text(encoding='utf-8').splitlines()
  pairs = [
    tuple(line.split(' '))
    for line in lines
    if line and not line.startswith('#version')
  ]
  return vocab, pairs


def _single(path: pathlib.Path) -> tuple[dict[str, int], _Merges]:
  said = listed.described(path, 'BPE')
  before = said.get('pre_tokenizer') or {}
  if before.get('type') != 'ByteLevel' or before.get('add_prefix_space'):
    raise ValueError(
      f'BytePairs: {path} splits texts by {before.get("type")}, expected '
      'ByteLevel without add_prefix_space, as OPT does'
    )
  vocab, merges = said['model']['vocab'], said['model'].get('merges', ())
  pairs = [tuple(m.split(' ') if isinstance(m, str) else m) for m in merges]
  return vocab, pairs


def _model(
  place: pathlib.Path, vocab: dict[str, int], merges: _Merges
) -> models.BPE:
  try:
    return models.BPE(vocab=vocab, merges=merges)
  except Exception as error:  # the library raises no narrower kind
    raise ValueError(
      f'BytePairs: {place} does not belong to its vocabulary ({error}); fetch '
      'both again'
    ) from error
