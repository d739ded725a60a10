"""Ids and texts: T5's own, and what wrong files say."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
import sentencepiece

from distill_jax.text import vocabulary
from tests import shared


@pytest.fixture(scope='module')
def t5():
  path = shared.path('tokenizers', 't5_spiece.model')
  return vocabulary.Vocabulary(str(path), extra_ids=100)


@pytest.fixture(scope='module')
def golden():
  return json.loads(shared.path('tokenizers', 't5_golden_ids.json').read_text())


def _tidy(text: str) -> str:
  """The reference tokenizer's own clean-up of spaces before punctuation."""
  for spaced in (' .', ' ?', ' !', ' ,', " n't", " 'm", " 's", " 've", " 're"):
    text = text.replace(spaced, spaced.strip())
    if spaced == ' ,':
      text = text.replace(" ' ", "'")
  return text


def test_golden_ids(t5, golden):
  assert len(golden) == 300
  for text, ids, _ in golden:
    assert [*t5.encode(text), t5.eos_id] == ids


def test_golden_texts(t5, golden):
  for _, ids, decoded in golden:
    assert _tidy(t5.decode(ids)) + '</s>' == decoded


def test_sizes_and_ids(t5):
  assert t5.size == 32_100
  assert (t5.pad_id, t5.eos_id, t5.unk_id) == (0, 1, 2)


def test_decode_stops_at_the_first_end_and_drops_padding(t5):
  ids = t5.encode('two pens')
  assert t5.decode([*ids, 1, *ids]) == 'two pens'
  assert t5.decode([0, *ids, 0, 0]) == 'two pens'
  assert t5.decode(np.array([*ids, 1, 0])) == 'two pens'
  assert t5.decode([]) == ''


def test_decode_of_what_is_no_piece(t5):
  assert t5.decode([32_099]) == '<extra_id_0>'
  assert t5.decode([32_000]) == '<extra_id_99>'
  assert t5.decode([32_127]) == t5.decode([-100]) == '<unk>'
  assert t5.decode([*t5.encode('a'), 2, *t5.encode('b')]) == 'a<unk> b'


def test_word_starts(t5):
  starts = t5.word_starts
  assert starts.shape == (32_100,) and starts.dtype == np.bool_
  assert not starts[:3].any()
  ids = t5.encode('Rationales are texts')
  assert sum(starts[ids]) == 3
  assert starts[ids[0]]


def test_fingerprint(t5, tmp_path):
  copy = tmp_path / 'copy.model'
  copy.write_bytes(t5.file.read_bytes())
  same = vocabulary.Vocabulary(str(copy), extra_ids=100)
  assert same.fingerprint == t5.fingerprint
  other = vocabulary.Vocabulary(str(copy))
  assert other.fingerprint != t5.fingerprint


def test_it_can_be_pickled(t5):
  copy = pickle.loads(pickle.dumps(t5))
  assert copy == t5
  assert copy.encode('two pens') == t5.encode('two pens')


def test_padding_rows_are_told(t5):
  assert t5.padding(32_128) == (
    '32,100 ids in a table of 32,128 rows; the last 28 rows are padding and '
    'are never written'
  )
  assert (
    vocabulary.Vocabulary()
    .padding(351)
    .endswith('the last row is padding and is never written')
  )
  assert (
    vocabulary.Vocabulary().padding(350) == '350 ids in a table of 350 rows'
  )
  with pytest.raises(ValueError, match='32100 ids do not fit a table of 32000'):
    t5.padding(32_000)


def test_a_sentencepiece_model_waits_for_no_other_library():
  code = """
import sys
from distill_jax.text import vocabulary
vocabulary.Vocabulary().encode('two pens')
print({'tokenizers', 'google.protobuf'} & set(sys.modules))
"""
  done = subprocess.run(
    [sys.executable, '-c', code], capture_output=True, text=True, check=True
  )
  assert done.stdout.strip() == 'set()'


def test_missing_file():
  with pytest.raises(ValueError, match=r'no file /none/x\.model; name'):
    _ = vocabulary.Vocabulary('/none/x.model').size


def test_no_sentencepiece_model(tmp_path):
  path = tmp_path / 'x.model'
  path.write_bytes(b'hello, this is no model')
  with pytest.raises(ValueError, match='is no SentencePiece model'):
    _ = vocabulary.Vocabulary(str(path)).size
  path.write_bytes(b'')
  with pytest.raises(ValueError, match='is no SentencePiece model'):
    _ = vocabulary.Vocabulary(str(path)).size


def test_other_special_ids(tmp_path):
  prefix = tmp_path / 'other'
  sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter(['two pens and three books'] * 20),
    model_prefix=str(prefix),
    vocab_size=30,
    model_type='char',
    hard_vocab_limit=False,
    minloglevel=2,
  )
  with pytest.raises(ValueError, match=r'expected \(0, 1\) as in T5'):
    _ = vocabulary.Vocabulary(f'{prefix}.model').size


def test_negative_extra_ids():
  with pytest.raises(ValueError, match='expected 0 or more'):
    vocabulary.Vocabulary('/none/x.model', extra_ids=-1)
