"""A `tokenizer.json` of T5's kind, and the SentencePiece model it tells."""

import base64
import dataclasses
import json
import pathlib
from typing import Any

import tokenizers
from sentencepiece import sentencepiece_model_pb2
from tokenizers import normalizers

from distill_jax.text import pieces as pieces_lib
from distill_jax.text import probes

_WORD_START = '\u2581'
_PIECE = sentencepiece_model_pb2.ModelProto.SentencePiece
_NAMES = {0: '<pad>', 1: '</s>', 2: '<unk>'}
# What transformers 4 does to spaces by itself when it reads a spiece.model.
_SPACES = (
  {'type': 'Strip', 'strip_left': False, 'strip_right': True},
  {
    'type': 'Replace',
    'pattern': {'Regex': ' {2,}'},
    'content': _WORD_START,
  },
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TokenizerJson:
  """What decides the ids of a Unigram tokenizer.

  Attributes:
    file: where it was read.
    vocab: pieces and scores by id, without extra ids.
    extra_ids: number of sentinels behind them.
    charsmap: the compiled rules of the normaliser; empty for none.
    encode: the ids of a text by the `tokenizers` library, without end of
      sequence.
  """

  file: pathlib.Path
  vocab: tuple[tuple[str, float], ...]
  extra_ids: int
  charsmap: bytes
  encode: probes.Encode

  def model(self) -> sentencepiece_model_pb2.ModelProto:
    """Returns the SentencePiece model that gives the same ids."""
    made = sentencepiece_model_pb2.ModelProto()
    trainer, rules = made.trainer_spec, made.normalizer_spec
    trainer.model_type = sentencepiece_model_pb2.TrainerSpec.UNIGRAM
    trainer.vocab_size = len(self.vocab)
    trainer.pad_id, trainer.eos_id, trainer.unk_id = 0, 1, 2
    trainer.bos_id = -1
    rules.name = 'user_defined'
    rules.precompiled_charsmap = self.charsmap
    rules.add_dummy_prefix = True
    rules.remove_extra_whitespaces = True
    rules.escape_whitespaces = True
    kinds = {0: _PIECE.CONTROL, 1: _PIECE.CONTROL, 2: _PIECE.UNKNOWN}
    for index, (piece, score) in enumerate(self.vocab):
      kind = kinds.get(index, _PIECE.NORMAL)
      made.pieces.add(piece=piece, score=score, type=kind)
    return made


def read(file: pathlib.Path) -> TokenizerJson:
  """Returns what a tokenizer.json says, as old and new versions write it.

  Raises:
    ValueError: if it is damaged, or is no Unigram tokenizer of T5's kind.
  """
  try:
    text = file.read_text(encoding='utf-8')
    fields = json.loads(text)
    charsmap = _charsmap(fields.get('normalizer'))
    backend = tokenizers.Tokenizer.from_str(text)
  except Exception as error:  # the library raises nothing narrower
    raise ValueError(
      f'Vocabulary: {file} is no tokenizer.json that can be read '
      f'({_first_line(error)}); fetch the file again, or give spiece.model'
    ) from error
  wrong = _wrong(fields)
  if wrong:
    raise ValueError(
      f"Vocabulary: {file} {wrong}; expected a Unigram tokenizer like T5's, "
      'other kinds cannot be read: give a T5 tokenizer, or a spiece.model'
    )
  backend.no_truncation()
  backend.no_padding()
  vocab, extra_ids = _split(file, fields)
  return TokenizerJson(
    file=file,
    vocab=vocab,
    extra_ids=extra_ids,
    charsmap=charsmap,
    encode=pieces_lib.encoder(backend),
  )


def _first_line(error: Exception) -> str:
  return str(error).partition('\n')[0]


def _wrong(fields: dict[str, Any]) -> str | None:
  """What makes it another tokenizer than T5's."""
  model = fields['model']
  if model.get('type', 'Unigram') != 'Unigram':
    return f'is a tokenizer of type {model["type"]}'
  if 'unk_id' not in model:  # old files name no type
    return 'is no Unigram tokenizer'
  if model.get('byte_fallback'):
    return 'spells unknown characters as bytes'
  names = [piece for piece, _ in model['vocab'][: len(_NAMES)]]
  if names != list(_NAMES.values()) or model['unk_id'] != 2:
    return f'begins with the pieces {names}, not with {list(_NAMES.values())}'
  steps = _steps(fields.get('normalizer'))
  if steps and steps[0]['type'] != 'Precompiled':
    return f'normalises texts by {steps[0]["type"]}'
  for step in steps[1:]:
    if step not in _SPACES:
      return f'normalises texts by {step["type"]} too'
  return _wrong_splitting(_steps(fields.get('pre_tokenizer')))


def _wrong_splitting(steps: list[dict[str, Any]]) -> str | None:
  kinds = [step['type'] for step in steps]
  if kinds not in (['WhitespaceSplit', 'Metaspace'], ['Metaspace']):
    return f'splits texts by {kinds}'
  spaces = steps[-1]
  prefix = spaces.get('prepend_scheme', 'always')
  if spaces.get('add_prefix_space') is False or prefix == 'never':
    return 'puts no space before a text'
  if spaces['replacement'] != _WORD_START:
    return f'writes spaces as {spaces["replacement"]!r}'
  return None


def _steps(part: dict[str, Any] | None) -> list[dict[str, Any]]:
  """The steps of a normaliser or of what splits texts."""
  if part is None:
    return []
  if part['type'] == 'Sequence':
    return part.get('normalizers') or part.get('pretokenizers') or []
  return [part]


def _charsmap(normalizer: dict[str, Any] | None) -> bytes:
  """The compiled rules, found good: with others the library would panic."""
  steps = _steps(normalizer)
  if not steps or steps[0]['type'] != 'Precompiled':
    return b''
  charsmap = base64.b64decode(steps[0]['precompiled_charsmap'], validate=True)
  normalizers.Precompiled(charsmap)
  return charsmap


def _split(
  file: pathlib.Path, fields: dict[str, Any]
) -> tuple[tuple[tuple[str, float], ...], int]:
  """The pieces, and how many extra ids follow them.

  Old files list extra ids among the pieces, others only among the added
  tokens.
  """
  vocab = [tuple(item) for item in fields['model']['vocab']]
  added = {t['id']: t['content'] for t in fields.get('added_tokens', ())}
  names = dict(enumerate(piece for piece, _ in vocab)) | added
  extra = sorted(
    index for index, name in names.items() if name.startswith('<extra_id_')
  )
  first = len(names) - len(extra)
  right = dict(enumerate(pieces_lib.extra(len(extra)), start=first))
  right |= {index: vocab[index][0] for index in range(min(first, len(vocab)))}
  strange = sorted(added.keys() - {*extra, *_NAMES}) + [
    index for index in sorted(names) if names[index] != right.get(index)
  ]
  if strange:
    raise ValueError(
      f'Vocabulary: {file} adds the token {names[strange[0]]!r} '
      f"(id {strange[0]}), expected none but '<pad>', '</s>', '<unk>' and at "
      "the end T5's extra ids, the last one first; give the tokenizer without "
      'other tokens'
    )
  return tuple(vocab[:first]), len(extra)
