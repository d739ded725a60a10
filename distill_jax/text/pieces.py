"""A SentencePiece model as Hugging Face's `tokenizers` has it.

Both know Unigram: scored pieces, of which the best sum is taken. What
SentencePiece has besides is turned into scores:

- A piece of a model of characters costs 1, so the fewest pieces win. That is
  what SentencePiece does, which takes the longest user-defined piece that
  stands at a place, as long as those pieces only begin words.
- A user-defined piece of a Unigram model has the score that SentencePiece
  gives it: n * m - 0.1 for n bytes, where m is the best score of all others.
"""

import pathlib

import tokenizers
from sentencepiece import sentencepiece_model_pb2
from tokenizers import (
  decoders,
  models,
  normalizers,
  pre_tokenizers,
  processors,
)

from distill_jax.text import probes

_WORD_START = '\u2581'
_SPECIAL = ('<pad>', '</s>', '<unk>')
_PIECE = sentencepiece_model_pb2.ModelProto.SentencePiece
_TRAINER = sentencepiece_model_pb2.TrainerSpec
_ORDINARY = (_PIECE.NORMAL, _PIECE.USER_DEFINED)


def read(file: pathlib.Path) -> sentencepiece_model_pb2.ModelProto:
  """Returns a SentencePiece model that was found to be one."""
  return sentencepiece_model_pb2.ModelProto.FromString(file.read_bytes())


def extra(count: int) -> list[str]:
  """Returns the names of T5's extra ids in their order, the last one first."""
  return [f'<extra_id_{k}>' for k in reversed(range(count))]


def user_defined(model: sentencepiece_model_pb2.ModelProto) -> list[str]:
  """Returns the pieces that are found whatever their score, as texts."""
  return [
    piece.piece.replace(_WORD_START, ' ').strip()
    for piece in model.pieces
    if piece.type == _PIECE.USER_DEFINED
  ]


def scored(
  model: sentencepiece_model_pb2.ModelProto,
) -> list[tuple[str, float]]:
  """Returns the pieces with the scores that give Unigram the same ids."""
  if model.trainer_spec.model_type == _TRAINER.CHAR:
    special, rest = len(_SPECIAL), len(model.pieces) - len(_SPECIAL)
    costs = [0.0] * special + [-1.0] * rest
    return [(piece.piece, cost) for piece, cost in zip(model.pieces, costs)]
  best = max(
    (p.score for p in model.pieces if p.type == _PIECE.NORMAL), default=0.0
  )
  return [
    (piece.piece, len(piece.piece.encode()) * best - 0.1)
    if piece.type == _PIECE.USER_DEFINED
    else (piece.piece, piece.score)
    for piece in model.pieces
  ]


def tokenizer(
  model: sentencepiece_model_pb2.ModelProto, extra_ids: int, place: str
) -> tokenizers.Tokenizer:
  """Returns T5's tokenizer with the pieces of a SentencePiece model.

  Args:
    model: Unigram, or of characters; ids 0, 1 and 2 are padding, end of
      sequence and unknown.
    extra_ids: sentinels behind the pieces.
    place: the file of the model, for messages.

  Raises:
    ValueError: for a model that `tokenizers` has no equal of.
  """
  wrong = _wrong(model)
  if wrong:
    raise ValueError(
      f'Vocabulary: {place} {wrong}, so there is no tokenizer.json with the '
      "same ids; expected a SentencePiece Unigram model such as T5's"
    )
  made = tokenizers.Tokenizer(
    models.Unigram(
      scored(model) + [(name, 0.0) for name in extra(extra_ids)],
      unk_id=2,
      byte_fallback=False,
    )
  )
  charsmap = model.normalizer_spec.precompiled_charsmap
  if charsmap:
    made.normalizer = normalizers.Precompiled(charsmap)
  spaces = {'replacement': _WORD_START, 'prepend_scheme': 'always'}
  made.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(**spaces)]
  )
  made.decoder = decoders.Metaspace(**spaces)
  made.post_processor = processors.TemplateProcessing(
    single='$A </s>', pair='$A </s> $B </s>', special_tokens=[('</s>', 1)]
  )
  made.add_special_tokens(
    [
      tokenizers.AddedToken(name, special=True, normalized=False)
      for name in (*_SPECIAL, *extra(extra_ids))
    ]
  )
  return made


def encoder(made: tokenizers.Tokenizer) -> probes.Encode:
  """Returns the ids of a text by a tokenizer, without end of sequence."""
  return lambda text: made.encode(text, add_special_tokens=False).ids


def _wrong(model: sentencepiece_model_pb2.ModelProto) -> str | None:
  """What keeps a model from being written as a tokenizer.json."""
  names = [piece.piece for piece in model.pieces]
  trainer, rules = model.trainer_spec, model.normalizer_spec
  if trainer.model_type not in (_TRAINER.UNIGRAM, _TRAINER.CHAR):
    kind = _TRAINER.ModelType.Name(trainer.model_type)
    return f'is a SentencePiece model of type {kind}'
  if trainer.byte_fallback:
    return 'spells unknown characters as bytes'
  if trainer.treat_whitespace_as_suffix:
    return 'marks the ends of words, not their beginnings'
  if not (
    rules.add_dummy_prefix
    and rules.remove_extra_whitespaces
    and rules.escape_whitespaces
  ):
    return 'treats spaces otherwise than T5 does'
  if tuple(names[:3]) != _SPECIAL:
    return f'begins with the pieces {names[:3]}, not with {list(_SPECIAL)}'
  return _wrong_pieces(model)


def _wrong_pieces(model: sentencepiece_model_pb2.ModelProto) -> str | None:
  """A piece that has no equal in `tokenizers`."""
  seen = set()
  characters = model.trainer_spec.model_type == _TRAINER.CHAR
  for index, piece in enumerate(model.pieces):
    name = piece.piece
    if index >= len(_SPECIAL) and piece.type not in _ORDINARY:
      kind = _PIECE.Type.Name(piece.type)
      return f'has a piece {name!r} (id {index}) of type {kind}'
    if name in seen or name.startswith('<extra_id_'):
      return f'has a second piece {name!r} (id {index}), or an extra id'
    word = len(name) > 1 and index >= len(_SPECIAL)
    if characters and word and name.rfind(_WORD_START) != 0:
      return f'has a piece {name!r} (id {index}) that begins no word'
    seen.add(name)
  return None
