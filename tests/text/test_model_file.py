"""Vocabularies from Hugging Face's files, and what wrong files say."""

import json
import re
import shutil

import pytest
import sentencepiece
import tokenizers

from distill_jax.text import probes, vocabulary
from tests import shared
from tests.text import tokenizer_sources


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
  folder = tmp_path_factory.mktemp('home')
  monkeypatch.setenv('HOME', str(folder))
  return folder


@pytest.fixture
def published(tmp_path):
  """T5's own tokenizer.json, in a folder."""
  path = shared.path('tokenizers', 't5-base-tokenizer.json')
  folder = tmp_path / 'published'
  folder.mkdir()
  shutil.copyfile(path, folder / 'tokenizer.json')
  return folder


@pytest.fixture
def small(tmp_path):
  """A folder with both files of a small vocabulary, made by hand."""
  folder = tmp_path / 'small'
  folder.mkdir()
  tokenizer_sources.trained(folder).rename(folder / 'spiece.model')
  fields = tokenizer_sources.plain_json(folder / 'spiece.model', extra_ids=2)
  _write(folder, fields)
  return folder


def _write(folder, fields):
  (folder / 'tokenizer.json').write_text(json.dumps(fields))


def _read(folder):
  return json.loads((folder / 'tokenizer.json').read_text())


def _refused(path, *parts, extra_ids=2):
  """The one sentence about a vocabulary that cannot be used."""
  with pytest.raises(ValueError) as raised:
    _ = vocabulary.Vocabulary(str(path), extra_ids=extra_ids).size
  message = str(raised.value)
  assert '\n' not in message
  for part in parts:
    assert part in message
  return message


def test_published_tokenizer_json_gives_the_golden_ids(published):
  for path in (published, published / 'tokenizer.json'):
    got = vocabulary.Vocabulary(str(path), extra_ids=100)
    assert got.size == 32_100
    for text, ids, _ in tokenizer_sources.golden():
      assert [*got.encode(text), got.eos_id] == ids


def test_it_decodes_and_marks_words_as_the_sentencepiece_model_does(published):
  got = vocabulary.Vocabulary(str(published), extra_ids=100)
  t5 = tokenizer_sources.t5()
  assert (got.word_starts == t5.word_starts).all()
  assert got.unk_id == t5.unk_id
  for _, ids, _ in tokenizer_sources.golden():
    assert got.decode(ids) == t5.decode(ids)
  assert got.decode([32_099, 32_000]) == '<extra_id_0> <extra_id_99>'


def test_the_model_is_kept_once_and_whole(published, tmp_path, home):
  other = tmp_path / 'elsewhere.json'
  shutil.copyfile(published / 'tokenizer.json', other)
  one = vocabulary.Vocabulary(str(published), extra_ids=100)
  two = vocabulary.Vocabulary(str(other), extra_ids=100)
  assert one.fingerprint == two.fingerprint
  kept = home / '.cache' / 'distill_jax' / 'vocabularies'
  assert list(kept.iterdir()) == [one.file] == [two.file]


def test_a_damaged_model_is_made_again(published, tmp_path):
  file = vocabulary.Vocabulary(str(published), extra_ids=100).file
  content = file.read_bytes()
  file.write_bytes(content[:1000])
  copy = tmp_path / 'copy.json'
  shutil.copyfile(published / 'tokenizer.json', copy)
  assert vocabulary.Vocabulary(str(copy), extra_ids=100).size == 32_100
  assert file.read_bytes() == content


def test_sentencepiece_tells_the_special_ids(published):
  file = vocabulary.Vocabulary(str(published), extra_ids=100).file
  processor = sentencepiece.SentencePieceProcessor(model_file=str(file))
  assert (processor.pad_id(), processor.eos_id()) == (0, 1)
  assert processor.id_to_piece(2) == '<unk>' and processor.is_unknown(2)
  assert processor.is_control(0) and processor.is_control(1)


def test_no_place_to_keep_the_model(published, home):
  (home / '.cache').write_text('a file where a folder should be')
  _refused(published, 'cannot be kept in', 'spiece.model', extra_ids=100)


def test_both_files_are_compared_and_the_sentencepiece_model_is_used(small):
  got = vocabulary.Vocabulary(str(small), extra_ids=2)
  assert got.file == small / 'spiece.model'
  alone = vocabulary.Vocabulary(str(small / 'spiece.model'), extra_ids=2)
  assert got.fingerprint == alone.fingerprint
  for text in probes.TEXTS:
    assert got.encode(text) == alone.encode(text)


def test_a_folder_with_the_sentencepiece_model_alone(small):
  (small / 'tokenizer.json').unlink()
  assert vocabulary.Vocabulary(str(small), extra_ids=2).size > 2
  (small / 'tokenizer_config.json').write_text('{"extra_ids": 7}')
  _refused(small, 'tokenizer_config.json has 7', 'EXTRA_IDS=7', extra_ids=3)
  (small / 'tokenizer_config.json').write_text('{')
  _refused(small, 'tokenizer_config.json is no JSON object', extra_ids=4)


def test_another_number_of_extra_ids(small):
  _refused(
    small,
    f'{small / "tokenizer.json"} has 2 extra ids and extra_ids is 100',
    'set --gin.EXTRA_IDS=2',
    extra_ids=100,
  )


@pytest.mark.parametrize('listed', [True, False])
def test_extra_ids_among_the_pieces_or_only_added(small, listed):
  (small / 'spiece.model').unlink()
  fields = _read(small)
  if listed:
    fields['model']['vocab'] += [['<extra_id_1>', 0.0], ['<extra_id_0>', 0.0]]
  _write(small, fields)
  got = vocabulary.Vocabulary(str(small), extra_ids=2)
  assert got.decode([got.size - 1, got.size - 2]) == '<extra_id_0> <extra_id_1>'


def test_spaces_as_transformers_4_writes_them(small):
  """The form in which its converter saved T5's spiece.model."""
  fields = _read(small)
  strip = {'type': 'Strip', 'strip_left': False, 'strip_right': True}
  runs = {'type': 'Replace', 'pattern': {'Regex': ' {2,}'}, 'content': '▁'}
  steps = [fields['normalizer'], strip, runs]
  fields['normalizer'] = {'type': 'Sequence', 'normalizers': steps}
  fields['pre_tokenizer'] = fields['pre_tokenizer']['pretokenizers'][1]
  _write(small, fields)
  assert vocabulary.Vocabulary(str(small), extra_ids=2).size > 2


def test_a_damaged_sentencepiece_model_beside_it(small):
  (small / 'spiece.model').write_bytes(b'hello, this is no model')
  _refused(small, f'{small / "spiece.model"} is no SentencePiece model')


def _swap_pieces(fields):
  vocab = fields['model']['vocab']
  vocab[10], vocab[11] = vocab[11], vocab[10]


def _change_score(fields):
  fields['model']['vocab'][10][1] -= 1


def _drop_piece(fields):
  fields['model']['vocab'].pop()
  for token in fields['added_tokens'][3:]:
    token['id'] -= 1


def _drop_rules(fields):
  fields['normalizer'] = None


def _first_word_only(fields):
  fields['pre_tokenizer'] = fields['pre_tokenizer']['pretokenizers'][1]


@pytest.mark.parametrize(
  ('change', 'difference'),
  [
    (_swap_pieces, 'id 10 is ('),
    (_change_score, 'id 10 is ('),
    (_drop_piece, 'pieces in the first'),
    (_drop_rules, 'their normalisers have different rules'),
    (_first_word_only, 'has ids ['),
  ],
)
def test_files_that_differ(small, change, difference):
  fields = _read(small)
  change(fields)
  _write(small, fields)
  names = f'{small / "spiece.model"} and {small / "tokenizer.json"} are'
  _refused(small, names, difference, 'remove the one')


def test_alone_it_must_do_what_sentencepiece_does(small):
  (small / 'spiece.model').unlink()
  fields = _read(small)
  _first_word_only(fields)  # double spaces stay two
  _write(small, fields)
  _refused(
    small, 'is nothing that SentencePiece can do', 'has ids [', 'give the'
  )


def test_damaged_tokenizer_json(small):
  file = small / 'tokenizer.json'
  text = file.read_text()
  for content in (text[: len(text) // 2], '', '[]', '{}', '{"model": 3}'):
    file.write_text(content)
    _refused(small, f'{file} is no tokenizer.json', 'fetch the file again')
  file.write_bytes(b'\xff\xfe\x00')
  _refused(small, f'{file} is no tokenizer.json')


@pytest.mark.parametrize('rules', [None, 7, 'no base64', 'AAAA', ''])
def test_damaged_rules_of_the_normaliser(small, rules):
  fields = _read(small)
  fields['normalizer']['precompiled_charsmap'] = rules
  _write(small, fields)
  _refused(small, f'{small / "tokenizer.json"} is no tokenizer.json')


def _bpe(fields):
  fields['model'] = {'type': 'BPE', 'vocab': {'a': 0}, 'merges': []}


def _word_piece(fields):
  fields['model'] = {
    'type': 'WordPiece',
    'unk_token': 'a',
    'continuing_subword_prefix': '##',
    'max_input_chars_per_word': 100,
    'vocab': {'a': 0},
  }


def _bytes(fields):
  fields['model']['byte_fallback'] = True


def _lower(fields):
  fields['normalizer'] = {'type': 'Lowercase'}


def _lower_too(fields):
  steps = [fields['normalizer'], {'type': 'Lowercase'}]
  fields['normalizer'] = {'type': 'Sequence', 'normalizers': steps}


def _digits(fields):
  steps = fields['pre_tokenizer']['pretokenizers']
  steps.append({'type': 'Digits', 'individual_digits': True})


def _no_prefix(fields):
  fields['pre_tokenizer']['pretokenizers'][1]['prepend_scheme'] = 'never'


def _no_padding(fields):
  fields['model']['vocab'][0][0] = '<s>'


def _newline(fields):
  index = len(fields['model']['vocab']) + 2
  fields['added_tokens'].append(tokenizer_sources.added(index, '\n'))


def _extra_ids_forward(fields):
  one, two = fields['added_tokens'][3:]
  one['id'], two['id'] = two['id'], one['id']


@pytest.mark.parametrize(
  ('change', 'wrong'),
  [
    (_bpe, 'is a tokenizer of type BPE'),
    (_word_piece, 'is a tokenizer of type WordPiece'),
    (_bytes, 'spells unknown characters as bytes'),
    (_lower, 'normalises texts by Lowercase'),
    (_lower_too, 'normalises texts by Lowercase too'),
    (_digits, "splits texts by ['WhitespaceSplit', 'Metaspace', 'Digits']"),
    (_no_prefix, 'puts no space before a text'),
    (_no_padding, "begins with the pieces ['<s>', '</s>', '<unk>']"),
    (_newline, r"adds the token '\n' (id "),
    (_extra_ids_forward, "adds the token '<extra_id_"),
  ],
)
def test_other_tokenizers(small, change, wrong):
  fields = _read(small)
  change(fields)
  _write(small, fields)
  _refused(small, f'{small / "tokenizer.json"} ', wrong)


def test_real_bpe_tokenizer(small):
  path = shared.path('tokenizers', 'opt_vocab.json')
  bpe = tokenizers.models.BPE.from_file(
    str(path), str(shared.path('tokenizers', 'gpt2_merges.txt'))
  )
  tokenizers.Tokenizer(bpe).save(str(small / 'tokenizer.json'))
  _refused(small, 'is a tokenizer of type BPE')


def test_empty_folder(tmp_path):
  _refused(tmp_path, 'holds neither spiece.model nor tokenizer.json')


def test_missing_tokenizer_json(tmp_path):
  message = _refused(tmp_path / 'tokenizer.json', 'no file')
  assert re.search(r'no file \S+tokenizer\.json; name', message)
