"""BERT's ids against transformers', and what is no such vocabulary."""

import json
import shutil

import numpy as np
import pytest

from distill_jax.text import listed_files, vocabulary, word_pieces
from tests import shared
from tests.text import real_texts

transformers = pytest.importorskip('transformers')


@pytest.fixture(scope='module', params=[False, True])
def pair(request, tmp_path_factory):
  """Ours and theirs from a folder as it lies on the hub, cased and not."""
  made = tmp_path_factory.mktemp('bert')
  source = shared.path('tokenizers', 'bert-base-cased-vocab.txt')
  shutil.copy(source, made / 'vocab.txt')
  config = {'tokenizer_class': 'BertTokenizer', 'do_lower_case': request.param}
  (made / 'tokenizer_config.json').write_text(json.dumps(config))
  theirs = transformers.BertTokenizer.from_pretrained(
    made, do_lower_case=request.param
  )
  return word_pieces.WordPieces(str(made)), theirs


def test_ids_equal_transformers(pair):
  ours, theirs = pair
  for text in (*real_texts.real(), *real_texts.ODD):
    expected = theirs(text, add_special_tokens=False).input_ids
    assert ours.encode(text) == expected, text
  marked = theirs('Ice is cold.').input_ids
  assert marked == [ours.cls_id, *ours.encode('Ice is cold.'), ours.sep_id]


def test_texts_equal_transformers(pair):
  ours, theirs = pair
  for text in real_texts.real():
    ids = ours.encode(text)
    assert ours.decode([*ids, 1, 7, 0]) == theirs.decode(ids), text


def test_sizes_and_ids(pair):
  ours, _ = pair
  assert ours.size == 28_996
  assert (ours.pad_id, ours.eos_id) == (0, 1)
  assert (ours.unk_id, ours.cls_id, ours.sep_id) == (100, 101, 102)
  ids = ours.encode('unaffable pens \u2603')
  assert ids[-1] == ours.unk_id
  starts = ours.word_starts[np.array(ids)].tolist()
  assert starts[0] and not starts[1] and not starts[-1]
  assert ours.encode('a</s>b') == [*ours.encode('a'), 1, *ours.encode('b')]
  assert ours.encode('[SEP]') != [ours.sep_id]


def test_a_vocabulary_whose_id_1_is_an_ordinary_one(tmp_path):
  # As in BioLinkBERT.
  names = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'ice', '##s']
  (tmp_path / 'vocab.txt').write_text('\n'.join(names) + '\n')
  ours = word_pieces.WordPieces(str(tmp_path / 'vocab.txt'), lower_case=True)
  assert ours.encode('Ices hot ice') == [5, 6, 1, 5]
  assert ours.decode([5, 6, 1, 5, 0]) == 'ices [UNK] ice'


def test_a_lone_tokenizer_json_says_the_same(pair, tmp_path):
  ours, theirs = pair
  theirs.save_pretrained(tmp_path)
  alone = word_pieces.WordPieces(str(tmp_path / 'tokenizer.json'))
  assert alone.fingerprint == ours.fingerprint
  for text in real_texts.ODD:
    assert alone.encode(text) == ours.encode(text), text


def test_what_is_written_is_what_transformers_reads(pair, tmp_path):
  ours, _ = pair
  listed_files.write_word_pieces(tmp_path, ours, max_length=64)
  theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
  assert theirs.model_max_length == 64
  for text in real_texts.ODD:
    expected = [ours.cls_id, *ours.encode(text), ours.sep_id]
    assert theirs(text).input_ids == expected, text
  again = word_pieces.WordPieces(str(tmp_path))
  assert again.fingerprint == ours.fingerprint


def test_the_case_has_to_be_known(tmp_path):
  file = shared.path('tokenizers', 'bert-base-cased-vocab.txt')
  unsaid = word_pieces.WordPieces(str(file))
  with pytest.raises(ValueError, match=r'set WordPieces.lower_case to True or'):
    unsaid.check()
  cased, not_cased = (
    word_pieces.WordPieces(str(file), lower_case=lower)
    for lower in (False, True)
  )
  assert cased.encode('Ice') != not_cased.encode('Ice')
  assert cased.fingerprint != not_cased.fingerprint


def test_wrong_files(tmp_path):
  check = lambda: word_pieces.WordPieces(str(tmp_path), lower_case=True).check()
  with pytest.raises(ValueError, match=r'holds neither vocab.txt nor'):
    check()
  (tmp_path / 'vocab.txt').write_text('a\n[PAD]\n[UNK]\n[CLS]\n')
  with pytest.raises(ValueError, match=r"begins with \['a'\] and lacks"):
    check()
  (tmp_path / 'vocab.txt').write_text('[PAD]\na\na\n')
  with pytest.raises(ValueError, match='with gaps or twice'):
    check()
  other = word_pieces.WordPieces(str(tmp_path), lower_case=True)
  assert 'id 0 is' in vocabulary.Vocabulary().difference(_bert(other, tmp_path))


def _bert(other, folder):
  names = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'a']
  (folder / 'vocab.txt').write_text('\n'.join(names))
  other.check()
  return other
