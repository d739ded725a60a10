"""The embedded vocabulary: made by its script, one piece a word."""

import itertools

import sentencepiece

from distill_jax.rationales import story_problems, story_vocabulary
from distill_jax.text import prompts, vocabulary


def test_the_script_makes_the_file():
  made = sentencepiece.SentencePieceProcessor(
    model_proto=story_vocabulary.make()
  )
  kept = sentencepiece.SentencePieceProcessor(
    model_file=str(story_vocabulary.PATH)
  )
  ids = list(range(kept.get_piece_size()))
  assert made.get_piece_size() == len(ids)
  assert made.id_to_piece(ids) == kept.id_to_piece(ids)


def test_words_numbers_and_prefixes_are_one_piece():
  embedded = vocabulary.Vocabulary()
  prefixes = prompts.Prompts()
  for text in ('99', 'apples', '(', '+', prefixes.label, prefixes.rationale):
    assert len(embedded.encode(text)) == 1
  assert len(embedded.encode('( ( 48 / 12 ) - 3 )')) == 9


def test_it_is_small_and_numbers_ids_as_t5_does():
  embedded = vocabulary.Vocabulary()
  assert embedded.size < 500
  assert (embedded.pad_id, embedded.eos_id, embedded.unk_id) == (0, 1, 2)


def test_no_text_of_any_split_loses_anything():
  embedded = vocabulary.Vocabulary()
  for split in story_problems.SPLITS:
    for record in itertools.islice(story_problems.read(split), 200):
      texts = [record.question, record.label]
      texts += [rationale.text for rationale in record.rationales]
      for text in texts:
        assert embedded.decode(embedded.encode(text)) == text


def test_other_text_falls_into_characters():
  embedded = vocabulary.Vocabulary()
  text = 'A unicorn pays $1,234 at 5%.'
  assert embedded.decode(embedded.encode(text)) == text


def test_unseen_templates_hold_no_unseen_piece():
  embedded = vocabulary.Vocabulary()
  seen = {
    piece
    for record in story_problems.read('train')
    for piece in embedded.encode(record.question)
  }
  for record in story_problems.read('test_unseen'):
    assert seen.issuperset(embedded.encode(record.question))
