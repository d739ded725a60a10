"""What we write for transformers, read by transformers and by `tokenizers`."""

import json
import re
import shutil

import pytest
import tokenizers

from distill_jax.rationales import story_problems
from distill_jax.text import probes, prompts, tokenizer_files, vocabulary
from tests import shared
from tests.text import tokenizer_sources

_FILES = {
  'spiece.model',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
}


@pytest.fixture(scope='module')
def t5_folder(tmp_path_factory):
  folder = tmp_path_factory.mktemp('t5')
  tokenizer_files.write(folder, tokenizer_sources.t5())
  return folder


@pytest.fixture(scope='module')
def embedded_folder(tmp_path_factory):
  folder = tmp_path_factory.mktemp('embedded')
  tokenizer_files.write(folder, vocabulary.Vocabulary())
  return folder


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
  monkeypatch.setenv('HOME', str(tmp_path_factory.mktemp('home')))


def _auto(folder):
  transformers = pytest.importorskip('transformers')
  return transformers.AutoTokenizer.from_pretrained(folder)


def _story_texts():
  asked = prompts.Prompts()
  for split in story_problems.SPLITS:
    for record in story_problems.read(split):
      yield record.question
      yield asked.label + record.question
      yield asked.rationale + record.question
      yield record.label
      yield from (rationale.text for rationale in record.rationales)


def test_all_files_are_there(t5_folder):
  assert {path.name for path in t5_folder.iterdir()} == _FILES
  model = t5_folder / 'spiece.model'
  assert model.read_bytes() == tokenizer_sources.t5().file.read_bytes()


def test_tokenizer_json_gives_the_golden_ids(t5_folder):
  made = tokenizers.Tokenizer.from_file(str(t5_folder / 'tokenizer.json'))
  assert made.get_vocab_size() == 32_100
  for text, ids, _ in tokenizer_sources.golden():
    assert made.encode(text).ids == ids


def test_tokenizer_json_is_the_published_one(t5_folder):
  path = tokenizer_sources.shared.path('tokenizers', 't5-base-tokenizer.json')
  expected = json.loads(path.read_text())
  got = json.loads((t5_folder / 'tokenizer.json').read_text())
  assert got['model']['vocab'] == expected['model']['vocab']
  for key in ('normalizer', 'post_processor', 'added_tokens'):
    assert got[key] == expected[key]


def test_transformers_gives_the_golden_ids_and_texts(t5_folder):
  auto = _auto(t5_folder)
  assert len(auto) == 32_100
  assert (auto.pad_token_id, auto.eos_token_id, auto.unk_token_id) == (0, 1, 2)
  assert auto.model_max_length == 512
  for text, ids, decoded in tokenizer_sources.golden():
    assert auto(text).input_ids == ids
    tidied = auto.decode(ids, clean_up_tokenization_spaces=True)
    # Whether a space stands behind <unk> differs among transformers' own.
    assert tidied == decoded or 2 in ids
    assert tidied.replace(' ', '') == decoded.replace(' ', '')


def test_transformers_decodes_what_we_decode(t5_folder):
  auto, ours = _auto(t5_folder), tokenizer_sources.t5()
  for _, ids, _ in tokenizer_sources.golden():
    if ours.unk_id not in ids:
      assert auto.decode(ids, skip_special_tokens=True) == ours.decode(ids)


def test_transformers_numbers_the_extra_ids(t5_folder):
  auto = _auto(t5_folder)
  assert auto.convert_tokens_to_ids('<extra_id_0>') == 32_099
  assert auto.convert_tokens_to_ids('<extra_id_99>') == 32_000
  assert auto('two <extra_id_3> pens').input_ids.count(32_096) == 1


def test_embedded_vocabulary_on_the_whole_data_set(embedded_folder):
  ours = vocabulary.Vocabulary()
  path = str(embedded_folder / 'tokenizer.json')
  made = tokenizers.Tokenizer.from_file(path)
  texts = list(dict.fromkeys(_story_texts()))
  assert len(texts) > 40_000
  for text, encoding in zip(texts, made.encode_batch(texts)):
    assert encoding.ids == [*ours.encode(text), 1]


def test_transformers_takes_the_embedded_vocabulary(embedded_folder):
  auto, ours = _auto(embedded_folder), vocabulary.Vocabulary()
  assert len(auto) == 350
  for text in (*probes.TEXTS, '<extra_id_0>', *list(_story_texts())[:500]):
    assert auto(text).input_ids == [*ours.encode(text), 1]
    if ours.unk_id not in ours.encode(text):
      ids = ours.encode(text)
      assert auto.decode(ids, skip_special_tokens=True) == ours.decode(ids)


@pytest.mark.parametrize('name', ['t5_folder', 'embedded_folder'])
def test_without_the_sentencepiece_model_it_reads_back(name, tmp_path, request):
  written = request.getfixturevalue(name)
  ours = vocabulary.Vocabulary()
  if name == 't5_folder':
    ours = tokenizer_sources.t5()
  folder = tmp_path / 'copy'
  shutil.copytree(written, folder)
  (folder / 'spiece.model').unlink()
  back = vocabulary.Vocabulary(str(folder), extra_ids=ours.extra_ids)
  assert back.size == ours.size
  for text in (*probes.TEXTS, *list(_story_texts())[:500]):
    assert back.encode(text) == ours.encode(text)
    assert back.decode(back.encode(text)) == ours.decode(ours.encode(text))


def test_saved_by_transformers_it_reads_back(t5_folder, tmp_path):
  _auto(t5_folder).save_pretrained(tmp_path)
  back = vocabulary.Vocabulary(str(tmp_path), extra_ids=100)
  for text, ids, _ in tokenizer_sources.golden():
    assert [*back.encode(text), 1] == ids


def test_a_unigram_model_with_pieces_of_ones_own(tmp_path):
  path = tokenizer_sources.trained(
    tmp_path, user_defined_symbols=['[label]', 'boo', '▁seve']
  )
  ours = vocabulary.Vocabulary(str(path))
  tokenizer_files.write(tmp_path, ours)
  made = tokenizers.Tokenizer.from_file(str(tmp_path / 'tokenizer.json'))
  for text in ('[label] two books', 'seven', 'a[label]b', 'booboo sevene'):
    assert made.encode(text).ids == [*ours.encode(text), 1]


def test_a_text_that_spells_a_special_token_differs_as_documented(t5_folder):
  made = tokenizers.Tokenizer.from_file(str(t5_folder / 'tokenizer.json'))
  text = 'the <extra_id_0> token'
  assert 32_099 in made.encode(text).ids
  assert 32_099 not in tokenizer_sources.t5().encode(text)


@pytest.mark.parametrize(
  'text',
  ['Ice.</s>It is cold.', 'a </s> b', '</s>', 'a</s></s>(b)', '</s>a', 'a</s>'],
)
def test_the_end_between_two_texts_is_one_id_everywhere(t5_folder, text):
  ids = tokenizer_sources.t5().encode(text)
  assert ids.count(1) == text.count('</s>')
  released = shared.path('tokenizers', 't5-base-tokenizer.json')
  for file in (t5_folder / 'tokenizer.json', released):
    made = tokenizers.Tokenizer.from_file(str(file))
    assert made.encode(text, add_special_tokens=False).ids == ids


@pytest.mark.parametrize(
  ('options', 'message'),
  [
    ({'model_type': 'bpe'}, 'is a SentencePiece model of type BPE'),
    ({'byte_fallback': True, 'vocab_size': 320}, 'characters as bytes'),
    ({'treat_whitespace_as_suffix': True}, 'marks the ends of words'),
    ({'add_dummy_prefix': False}, 'treats spaces otherwise'),
    (
      {'unk_id': 3, 'bos_id': 2},
      "begins with the pieces ['<pad>', '</s>', '<s>",
    ),
    (
      {'control_symbols': ['<go>']},
      "has a piece '<go>' (id 3) of type CONTROL",
    ),
    (
      {'model_type': 'char', 'user_defined_symbols': ['boo']},
      "has a piece 'boo' (id 3) that begins no word",
    ),
    (
      {'user_defined_symbols': ['<extra_id_0>']},
      "has a second piece '<extra_id_0>' (id 3), or an extra id",
    ),
  ],
)
def test_what_has_no_equal_is_refused(tmp_path, options, message):
  path = tokenizer_sources.trained(tmp_path, **options)
  folder = tmp_path / 'folder'
  folder.mkdir()
  with pytest.raises(ValueError, match=re.escape(message)) as raised:
    tokenizer_files.write(folder, vocabulary.Vocabulary(str(path)))
  assert str(path) in str(raised.value) and '\n' not in str(raised.value)
  assert not list(folder.iterdir())


def test_other_ids_on_a_probe_are_refused(tmp_path):
  path = tokenizer_sources.trained(tmp_path, user_defined_symbols=['①'])
  with pytest.raises(
    ValueError, match=r'gives .*①.* the ids .* expected the same'
  ):
    tokenizer_files.write(tmp_path, vocabulary.Vocabulary(str(path)))
  assert [file.name for file in tmp_path.iterdir()] == ['trained.model']
