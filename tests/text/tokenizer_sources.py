"""Vocabularies and tokenizer.json files that tests hold against each other."""

import base64
import io
import json
import pathlib
from typing import Any

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from distill_jax.text import vocabulary
from tests import shared


def t5() -> vocabulary.Vocabulary:
  """T5's own, from its SentencePiece model."""
  path = shared.path('tokenizers', 't5_spiece.model')
  return vocabulary.Vocabulary(str(path), extra_ids=100)


def golden() -> list[tuple[str, list[int], str]]:
  """Texts with the ids and the decoded texts of the reference tokenizer."""
  return json.loads(shared.path('tokenizers', 't5_golden_ids.json').read_text())


def trained(folder: pathlib.Path, **options: Any) -> pathlib.Path:
  """A small SentencePiece model, Unigram where the options say no other."""
  text = 'two pens and three books, seven apples; ten words in all. Ann has 5'
  out = io.BytesIO()
  sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter([text, 'two books and three pens'] * 50),
    model_writer=out,
    **{
      'vocab_size': 60,
      'pad_id': 0,
      'eos_id': 1,
      'unk_id': 2,
      'bos_id': -1,
      'hard_vocab_limit': False,
      'minloglevel': 2,
      **options,
    },
  )
  path = folder / 'trained.model'
  path.write_bytes(out.getvalue())
  return path


def plain_json(model: pathlib.Path, extra_ids: int) -> dict[str, Any]:
  """A tokenizer.json written by hand from a Unigram model, as its docs say."""
  proto = sentencepiece_model_pb2.ModelProto.FromString(model.read_bytes())
  names = ['<pad>', '</s>', '<unk>']
  last = len(proto.pieces)
  extra = [f'<extra_id_{extra_ids - 1 - k}>' for k in range(extra_ids)]
  numbered = [*enumerate(names), *enumerate(extra, start=last)]
  spaces = {'type': 'Metaspace', 'replacement': '▁', 'prepend_scheme': 'always'}
  charsmap = base64.b64encode(proto.normalizer_spec.precompiled_charsmap)
  return {
    'version': '1.0',
    'truncation': None,
    'padding': None,
    'added_tokens': [added(index, name) for index, name in numbered],
    'normalizer': {
      'type': 'Precompiled',
      'precompiled_charsmap': charsmap.decode(),
    },
    'pre_tokenizer': {
      'type': 'Sequence',
      'pretokenizers': [{'type': 'WhitespaceSplit'}, spaces],
    },
    'post_processor': None,
    'decoder': spaces,
    'model': {
      'type': 'Unigram',
      'unk_id': 2,
      'vocab': [[piece.piece, piece.score] for piece in proto.pieces],
    },
  }


def added(index: int, name: str) -> dict[str, Any]:
  """An added token as tokenizer.json lists it."""
  flags = dict.fromkeys(
    ('single_word', 'lstrip', 'rstrip', 'normalized'), False
  )
  return {'id': index, 'content': name, 'special': True, **flags}
