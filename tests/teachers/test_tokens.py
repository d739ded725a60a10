"""Estimates of tokens against the vocabularies of OPT and T5."""

import itertools

import pytest
import sentencepiece
import tokenizers

from distill_jax.data import registry
from distill_jax.teachers import tokens
from distill_jax.text import prompts
from tests import shared

_SETS = ('svamp', 'cqa', 'strategyqa', 'openbookqa', 'medqa')


@pytest.fixture(scope='module')
def byte_pairs() -> tokenizers.Tokenizer:
  """GPT-2's and OPT's, as the tokenizers package reads them."""
  files = shared.path('tokenizers', 'opt_vocab.json')
  found = tokenizers.Tokenizer(
    tokenizers.models.BPE.from_file(
      str(files), str(files.with_name('gpt2_merges.txt'))
    )
  )
  found.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(
    add_prefix_space=False
  )
  return found


def _texts(task: str) -> tuple[list[str], list[str]]:
  """Questions and rationales of the first 200 records."""
  split = 'test' if task == 'medqa' else 'train'
  data_set = registry.load(task).DATA_SET
  records = data_set.records(split, str(shared.path(task)))
  found = list(itertools.islice(records, 200))
  return [prompts.question(record) for record in found], [
    one.text for record in found for one in record.rationales[:2]
  ]


@pytest.mark.parametrize('task', _SETS)
def test_total_is_near_that_of_byte_pairs(task, byte_pairs):
  for texts in _texts(task):
    expected = sum(len(one.ids) for one in byte_pairs.encode_batch(texts))
    found = sum(map(tokens.estimate, texts))
    assert found == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize('task', _SETS)
def test_total_is_not_far_from_that_of_t5(task):
  model = sentencepiece.SentencePieceProcessor(
    model_file=str(shared.path('tokenizers', 't5_spiece.model'))
  )
  for texts in _texts(task):
    expected = sum(map(len, model.encode(texts)))
    found = sum(map(tokens.estimate, texts))
    assert found == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize(
  ('text', 'expected'),
  [
    ('', 0),
    ('   ', 1),
    ('Ida has 7 pens.', 5),  # a word, a number or a mark each
    ('( 84 / 2 )\n', 6),
    ('1234567', 2),
    ('你好', 2),
  ],
)
def test_short_texts_are_counted_by_their_pieces(text, expected):
  assert tokens.estimate(text) == expected


def test_a_long_word_has_several_tokens():
  assert tokens.estimate('glomerulonephritis') > tokens.estimate('kidney') == 1
