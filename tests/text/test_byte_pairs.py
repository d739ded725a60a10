"""OPT's ids against transformers', and what is no such vocabulary."""

import json
import pathlib
import shutil

import numpy as np
import pytest

from distill_jax.text import byte_pairs, reserved
from tests import shared
from tests.text import real_texts

transformers = pytest.importorskip('transformers')


@pytest.fixture(scope='module')
def folder(tmp_path_factory) -> pathlib.Path:
  """A folder as OPT's lies on the hub."""
  made = tmp_path_factory.mktemp('opt')
  source = shared.path('tokenizers', 'opt_vocab.json')
  shutil.copy(source, made / 'vocab.json')
  shutil.copy(source.with_name('gpt2_merges.txt'), made / 'merges.txt')
  config = {
    'tokenizer_class': 'GPT2Tokenizer',
    'add_bos_token': True,
    'add_prefix_space': False,
    'bos_token': '</s>',
    'eos_token': '</s>',
    'pad_token': '<pad>',
    'unk_token': '</s>',
  }
  (made / 'tokenizer_config.json').write_text(json.dumps(config))
  return made


@pytest.fixture(scope='module')
def theirs(folder):
  return transformers.AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope='module')
def ours(folder):
  return byte_pairs.BytePairs(str(folder))


def test_ids_equal_transformers(ours, theirs):
  texts = [*real_texts.real(), *real_texts.ODD, 'Ice.</s>It is</s></s>cold.']
  order = reserved.to_theirs(ours.size)
  for text in texts:
    expected = theirs(text, add_special_tokens=False).input_ids
    assert order[np.array(ours.encode(text), int)].tolist() == expected, text
  assert theirs('Ice').input_ids == [2, *order[ours.encode('Ice')]]


def test_texts_come_back(ours, theirs):
  for text in (*real_texts.real(), *real_texts.ODD):
    ids = ours.encode(text)
    assert ours.decode([*ids, 1, 5, 0]) == text.strip(), text
    assert ours.decode(ids) == theirs.decode(ids).strip(), text


def test_sizes_and_ids(ours):
  assert ours.size == 50_265
  assert (ours.pad_id, ours.eos_id, ours.unk_id) == (0, 1, 3)
  assert ours.pieces[:5] == ['<pad>', '</s>', '<s>', '<unk>', '.']
  assert ours.padding(50_272).endswith(
    'the last 7 rows are padding and are never written'
  )
  assert (
    ours.decode([2, 0, *ours.encode('two pens'), 60_000]) == 'two pens<unk>'
  )
  starts = ours.word_starts[ours.encode('two blue pens')]
  assert starts.tolist() == [False, True, True]


def test_what_text_spells_is_no_special_token(ours):
  ids = ours.encode('a <pad> b <s>')
  assert min(ids) > 3
  assert ours.decode(ids) == 'a <pad> b <s>'


def test_a_lone_tokenizer_json_says_the_same(ours, theirs, tmp_path):
  theirs.save_pretrained(tmp_path)
  file = tmp_path / 'tokenizer.json'
  alone = byte_pairs.BytePairs(str(file))
  assert alone.difference(ours) is None
  for text in real_texts.ODD:
    assert alone.encode(text) == ours.encode(text), text
  assert alone.fingerprint != ours.fingerprint
  assert ours.fingerprint == byte_pairs.BytePairs(ours.path).fingerprint


def test_wrong_files(folder, tmp_path):
  check = lambda: byte_pairs.BytePairs(str(tmp_path)).check()
  with pytest.raises(ValueError, match=r'holds neither vocab.json with'):
    check()
  shutil.copy(folder / 'merges.txt', tmp_path)
  path = tmp_path / 'vocab.json'
  path.write_text('{"a": ')
  with pytest.raises(ValueError, match=r'vocab.json cannot be read as JSON'):
    check()
  path.write_text('{"a": 0, "b": 2}')
  with pytest.raises(ValueError, match='numbers its 2 pieces with gaps'):
    check()
  first = ['<s>', '<pad>', '</s>', '<unk>']
  path.write_text(json.dumps({piece: i for i, piece in enumerate(first)}))
  with pytest.raises(ValueError, match='does not belong to its vocabulary'):
    check()
  path.write_text((folder / 'vocab.json').read_text().replace('<s>', '<q>'))
  with pytest.raises(ValueError, match=r"begins with \['<q>', '<pad>'"):
    check()
  other = tmp_path / 'tokenizer.json'
  other.write_text('{"model": {"type": "Unigram", "vocab": []}}')
  with pytest.raises(ValueError, match="type 'Unigram', expected 'BPE'"):
    byte_pairs.BytePairs(str(other)).check()
