"""What SeqIO writes with the vocabularies of OPT and of BERT."""

import dataclasses
import shutil

import pytest

from distill_jax.data import lengths, tokenizer
from distill_jax.text import byte_pairs, word_pieces
from tests import shared
from tests.data import brought, caches

ODD = [
  brought.line(1, question='Naïve ½ café?\nOne  or two… \u2603 { }'),
  brought.line(2, label=' four ', answers=(None, 'five', 'four')),
  brought.line(3, answers=()),
  brought.line(5, question='</s>Ice.</s>It is</s></s>'),
  brought.line(4, question='Is <pad> a word? ' + 'long ' * 40),
]


def _opt(folder):
  folder.mkdir()
  source = shared.path('tokenizers', 'opt_vocab.json')
  shutil.copy(source, folder / 'vocab.json')
  shutil.copy(source.with_name('gpt2_merges.txt'), folder / 'merges.txt')
  return byte_pairs.BytePairs(str(folder))


def _bert(folder):
  del folder
  file = shared.path('tokenizers', 'bert-base-cased-vocab.txt')
  return word_pieces.WordPieces(str(file), lower_case=False)


@pytest.mark.parametrize('made', [_opt, _bert])
def test_the_cache_holds_the_vocabularys_ids(tmp_path, made, monkeypatch):
  folder = brought.write(tmp_path / 'pens', train=ODD)
  source = brought.read(
    folder,
    lengths=lengths.Lengths(inputs=48, label=8, rationale=16),
    vocabulary=made(tmp_path / 'vocabulary'),
  )
  found = source.build()
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  plain = dataclasses.replace(source, cache_dir=str(tmp_path / 'ours')).build()
  files = sorted(path.relative_to(plain) for path in plain.rglob('*.*'))
  assert len(files) == 3 * 13 + 1
  for file in files:
    assert (plain / file).read_bytes() == (found / file).read_bytes(), file
  row = source.open('train')[3]
  ids = source.vocabulary.encode(ODD[3]['question'])
  assert row.questions.tolist() == ids
  assert ids[0] == 1 and ids.count(1) == 4
  assert brought.read(folder).folder() != source.folder()
