"""BERT's vocabulary: pieces of words."""

import dataclasses
import functools
import hashlib
import itertools
import pathlib
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers

from distill_jax import hub
from distill_jax.text import listed, tokenizer

VOCABULARY = 'vocab.txt'
_FILES = (VOCABULARY, listed.TOKENIZER, listed.CONFIG)
_SPECIAL = ('[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]')
_CONTINUED = '##'


@dataclasses.dataclass(frozen=True)
class WordPieces(tokenizer.Tokenizer):
  """Token ids of BERT, LinkBERT or BioLinkBERT, as their files number them.

  [CLS] and [SEP] are set by the network that reads the ids. What is id 1 in the
  file, [unused1] in BERT's, ends a sequence here; BioLinkBERT has [UNK] there,
  so give a network of its kind texts without an end.

  Attributes:
    path: a Hugging Face folder or name with vocab.txt or tokenizer.json; or one
      of these files.
    lower_case: whether texts are put into lower case, without accents; None
      for what the files say.
  """

  kind: ClassVar[str] = 'word_pieces'

  path: str
  lower_case: bool | None = None

  @property
  def unk_id(self) -> int:
    """What a word without pieces becomes."""
    return self.pieces.index('[UNK]')

  @property
  def cls_id(self) -> int:
    """What an encoder sets before a text."""
    return self.pieces.index('[CLS]')

  @property
  def sep_id(self) -> int:
    """What an encoder sets behind a text."""
    return self.pieces.index('[SEP]')

  @property
  def size(self) -> int:
    """Number of ids."""
    return len(self.pieces)

  @property
  def pieces(self) -> list[str]:
    """What each id reads; '##' goes on with a word."""
    return self._loaded[1]

  @functools.cached_property
  def fingerprint(self) -> str:
    """Hexadecimal digest of the pieces and of the case."""
    digest = hashlib.sha256(f'{self.kind} {self._lowers}'.encode())
    digest.update('\n'.join(self.pieces).encode())
    return digest.hexdigest()

  @functools.cached_property
  def word_starts(self) -> np.ndarray:
    """Whether an id begins a word: bool of shape [size]."""
    return np.array(
      [
        not piece.startswith(_CONTINUED) and piece not in _SPECIAL
        for piece in self.pieces
      ]
    )

  def encode(self, text: str) -> list[int]:
    """Token ids of a text; see `Tokenizer.encode`."""
    parts = text.split(tokenizer.END)
    return self._joined(self._loaded[0].encode(part).ids for part in parts)

  def decode(self, ids: Iterable[int]) -> str:
    """Text of token ids; see `Tokenizer.decode`. What is no id reads '[UNK]'.

    Case, accents and spaces are those of the pieces.
    """
    ends = lambda i: i == self.eos_id and i != self.unk_id
    written = itertools.takewhile(lambda i: not ends(i), map(int, ids))
    known = [
      i if 0 <= i < self.size else self.unk_id
      for i in written
      if i != self.pad_id
    ]
    return self._loaded[0].decode(known, skip_special_tokens=False)

  @property
  def file(self) -> pathlib.Path:
    """The folder or file on disk."""
    return hub.local(self.path, _FILES)

  @property
  def settings(self) -> dict[str, Any]:
    """The case."""
    return {'lower_case': self._lowers}

  @functools.cached_property
  def _loaded(self) -> tuple[tokenizers.Tokenizer, list[str]]:
    return _load(self.file, self._lowers)

  @functools.cached_property
  def _lowers(self) -> bool:
    if self.lower_case is not None:
      return self.lower_case
    said = _said_case(self.file)
    if said is None:
      raise ValueError(
        f'WordPieces: nothing beside {self.file} says whether it is in lower '
        'case; set WordPieces.lower_case to True or False'
      )
    return said


def _said_case(place: pathlib.Path) -> bool | None:
  """Returns whether texts are put into lower case; None if nothing says it."""
  folder = place if place.is_dir() else place.parent
  config = folder / listed.CONFIG
  if config.is_file():
    # transformers lowers where nothing is said.
    return bool(listed.read(config).get('do_lower_case', True))
  described = _of(place, listed.TOKENIZER)
  if described is None:
    return None
  rules = _rules(described, listed.described(described, 'WordPiece'))
  return bool(rules.get('lowercase'))


def _of(place: pathlib.Path, name: str) -> pathlib.Path | None:
  """Returns the file of a name, or None where it is not there."""
  file = place / name if place.is_dir() else place
  is_it = file.is_file() and file.suffix == pathlib.PurePath(name).suffix
  return file if is_it else None


def _rules(path: pathlib.Path, said: dict[str, Any]) -> dict[str, Any]:
  rules = said.get('normalizer') or {}
  if rules.get('type') != 'BertNormalizer':
    raise ValueError(
      f'WordPieces: {path} normalises by {rules.get("type")}, expected '
      'BertNormalizer'
    )
  return rules


@functools.lru_cache(maxsize=4)
def _load(
  place: pathlib.Path, lowers: bool
) -> tuple[tokenizers.Tokenizer, list[str]]:
  """Returns what splits texts, and the pieces by id."""
  pieces = _pieces(place)
  lacking = [piece for piece in _SPECIAL[:4] if piece not in pieces]
  if lacking or pieces[0] != _SPECIAL[0]:
    raise ValueError(
      f'WordPieces: {place} begins with {pieces[:1]} and lacks {lacking}, '
      f'expected {list(_SPECIAL[:4])} with [PAD] at id 0, as in BERT'
    )
  vocab = {piece: index for index, piece in enumerate(pieces)}
  made = tokenizers.Tokenizer(
    models.WordPiece(vocab, unk_token='[UNK]', max_input_chars_per_word=100)
  )
  made.normalizer = normalizers.BertNormalizer(lowercase=lowers)
  made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
  made.decoder = decoders.WordPiece(prefix=_CONTINUED)
  return made, pieces


def _pieces(place: pathlib.Path) -> list[str]:
  text, described = _of(place, VOCABULARY), _of(place, listed.TOKENIZER)
  if text is not None:
    # Not splitlines: a piece may be a character that it takes for a line's end.
    lines = text.read_text(encoding='utf-8').removesuffix('\n').split('\n')
    pieces = [line.removesuffix('\r') for line in lines]
    return listed.in_order(text, {p: i for i, p in enumerate(pieces)})
  if described is not None:
    said = listed.described(described, 'WordPiece')
    return listed.in_order(described, said['model']['vocab'])
  raise ValueError(
    f'WordPieces: {place} holds neither {VOCABULARY} nor {listed.TOKENIZER}; '
    'give the folder of a BERT tokenizer, or one of these files'
  )
