"""The vocabulary of the invented facts: made by its script, a piece a word."""

import dataclasses
import itertools

import sentencepiece

from distill_jax.rationales import (
  invented_corpus,
  invented_facts,
  invented_vocabulary,
  invented_wording,
)
from distill_jax.text import instruction, prompts, reasoning, vocabulary

_VOCABULARY = vocabulary.Vocabulary('invented_facts')


def test_the_script_makes_the_file():
  made = sentencepiece.SentencePieceProcessor(
    model_proto=invented_vocabulary.make()
  )
  kept = sentencepiece.SentencePieceProcessor(
    model_file=str(invented_vocabulary.PATH)
  )
  ids = list(range(kept.get_piece_size()))
  assert made.get_piece_size() == len(ids)
  assert made.id_to_piece(ids) == kept.id_to_piece(ids)


def test_it_fits_the_tiny_student_and_numbers_ids_as_t5_does():
  assert _VOCABULARY.size <= 352
  ids = (_VOCABULARY.pad_id, _VOCABULARY.eos_id, _VOCABULARY.unk_id)
  assert ids == (0, 1, 2)
  assert _VOCABULARY.file == invented_vocabulary.PATH


def test_a_word_is_one_piece_and_a_name_two():
  prefixes = prompts.Prompts()
  for text in (*invented_wording.ANIMALS, prefixes.label, prefixes.rationale):
    assert len(_VOCABULARY.encode(text)) == 1
  names = itertools.product(invented_wording.FIRST, invented_wording.SECOND)
  for first, second in names:
    ids = _VOCABULARY.encode(f'the flag of {first + second}?')
    assert [_VOCABULARY.decode([id]) for id in ids[3:]] == [first, second, '?']


def test_no_text_of_any_split_loses_anything():
  texts = [
    passage.text for passage in invented_corpus.InventedCorpus().passages()
  ]
  for split in invented_facts.SPLITS:
    for record in invented_facts.read(split):
      texts += [record.question, record.label, record.rationales[0].text]
  for text in texts:
    ids = _VOCABULARY.encode(text)
    assert _VOCABULARY.unk_id not in ids
    assert _VOCABULARY.decode(ids) == text
    assert len(ids) <= 20


def test_inputs_are_short_and_their_frame_is_of_single_pieces():
  passages = {
    passage.id: passage
    for passage in invented_corpus.InventedCorpus().passages()
  }
  form = instruction.Instruction(passages=1)
  for record in itertools.islice(invented_facts.read('train'), 200):
    (gold,) = record.extra['gold_passages']
    record = dataclasses.replace(record, passages=(passages[gold],))
    ids = _VOCABULARY.encode(form.of(record))
    words = form.of(record).split()
    assert len(ids) <= len(words) + 4  # two names, '?' and '.'
    assert len(ids) <= 32
  separator = reasoning.Reasoning().separator
  assert len(_VOCABULARY.encode(separator)) == 1


def test_only_wordings_held_out_have_pieces_that_training_lacks():
  trained = {
    piece
    for record in invented_facts.read('train')
    for piece in _VOCABULARY.encode(record.question)
  }
  for record in invented_facts.read('test'):
    if record.extra['wording'] != 'held_out':
      assert trained.issuperset(_VOCABULARY.encode(record.question))
