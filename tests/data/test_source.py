import dataclasses
import logging

import pytest

from distill_jax.data import lengths, source, tokenizer
from distill_jax.text import answers, labels, prompts, vocabulary
from tests import shared
from tests.data import brought, caches


@pytest.fixture(autouse=True)
def without_tensorflow(monkeypatch):
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)


@pytest.fixture
def folder(tmp_path):
  return brought.write(tmp_path / 'pens')


def test_ids_are_those_of_prompts_and_vocabulary(folder):
  brought_source = brought.read(folder)
  encode = vocabulary.Vocabulary().encode
  row = brought_source.open('train').row(1)
  question = 'How many pens are 2 and two?'
  assert row.label_inputs.tolist() == [*encode(f'[label] {question}'), 1]
  assert row.rationale_inputs.tolist() == [
    *encode(f'[rationale] {question}'),
    1,
  ]
  assert row.questions.tolist() == encode(question)
  assert row.label_targets.tolist() == [*encode('four'), 1]
  assert [ids.tolist() for ids in row.rationales] == [
    [*encode(text), 1] for text in brought.TEXTS
  ]
  assert row.votes.tolist() == [1, -1, 1]


def test_the_second_opening_builds_nothing(folder, monkeypatch):
  first = brought.read(folder).open('train')
  monkeypatch.setattr(tokenizer, 'run', None)
  again = brought.read(folder).open('validation')
  assert again.folder.parent == first.folder.parent
  assert first.folder.parent.name == (
    f'records-{brought.read(folder).fingerprint()[:12]}'
  )
  kept = {path.name for path in first.folder.parent.rglob('*')}
  assert not kept & {'plan.json', 'texts.jsonl', 'facts.json'}


@pytest.mark.parametrize(
  'change',
  [
    {'prompts': prompts.Prompts(label='predict: ', rationale='explain: ')},
    {'lengths': lengths.Lengths(inputs=64)},
    {'labels': labels.Teacher()},
    {'max_rationales': 2},
    {'vocabulary': vocabulary.Vocabulary(extra_ids=1)},
  ],
)
def test_a_changed_setting_is_another_cache(folder, change):
  before = brought.read(folder)
  after = dataclasses.replace(before, **change)
  assert after.fingerprint() != before.fingerprint()


def test_changed_input_is_another_cache(folder):
  before = brought.read(folder).fingerprint()
  (folder / 'notes.txt').write_text('not read by the task')
  assert brought.read(folder).fingerprint() == before
  with open(folder / 'test.jsonl', 'a') as file:
    file.write('\n')
  assert brought.read(folder).fingerprint() != before


def test_a_copy_elsewhere_has_the_same_cache(folder, tmp_path):
  copy = brought.write(tmp_path / 'copy')
  assert brought.read(copy).fingerprint() == brought.read(folder).fingerprint()


def test_teacher_labels_replace_those_of_training_only(folder):
  brought.write(folder, train=[brought.line(1, label='six')])
  taught = brought.read(folder, labels=labels.Teacher())
  decode = vocabulary.Vocabulary().decode
  assert decode(taught.open('train').row(0).label_targets) == 'four'
  gold = brought.read(folder).open('train')
  assert decode(gold.row(0).label_targets) == 'six'
  assert taught.open('train').records()[0].label == 'six'
  brought.write(folder, validation=[brought.line(1, label='six')])
  kept = brought.read(folder, labels=labels.Teacher()).open('validation')
  assert decode(kept.row(0).label_targets) == 'six'


def test_records_without_any_label_are_left_out_and_counted(folder, caplog):
  tie = brought.line(2, label=None, answers=('four', 'five'))
  none = brought.line(3, label=None, answers=(None, None))
  brought.write(folder, train=[brought.line(1, label=None), tie, none])
  with caplog.at_level(logging.WARNING):
    split = brought.read(folder).open('train')
  assert [record.example_id for record in split.records()] == ['pens/1']
  assert len(split) == 1
  assert sum(split.dropped.values()) == 2
  assert '2 of 3 records were left out: no label' in caplog.text


def test_only_the_first_rationales_vote(folder):
  split = brought.read(folder, max_rationales=1).open('train')
  assert split.row(0).votes.tolist() == [1]
  assert len(split.row(0).rationales) == 1
  assert len(split.records()[0].rationales) == 1


def test_cuts_beyond_one_percent_are_told_every_time(folder, caplog):
  short = lengths.Lengths(label=1, rationale=2)
  brought.read(folder, lengths=short).build()
  with caplog.at_level(logging.WARNING):
    split = brought.read(folder, lengths=short).open('train')
  told = [
    'records train: 100.0% of the label_targets are longer than 1 tokens',
    'records train: 100.0% of the rationales are longer than 2 tokens',
  ]
  assert [
    warning.startswith(text)
    for warning, text in zip(split.warnings, told, strict=True)
  ] == [True, True]
  assert all(warning in caplog.text for warning in split.warnings)
  assert len(split.row(0).rationales[0]) == 2


def test_lost_characters_are_told_with_their_share(folder, caplog):
  odd = brought.line(2, question='Is {} a set?\nYes or no?')
  odd['rationales'][0]['text'] = 'It is.\n\u2603! The answer is four.'
  brought.write(folder, train=[brought.line(1), odd])
  with caplog.at_level(logging.WARNING):
    warnings = brought.read(folder).open('train').warnings
  told = next(warning for warning in warnings if 'the rationales' in warning)
  assert '16.7% of the rationales lose characters' in told
  assert repr('\u2603') in told
  assert told in caplog.text


@pytest.mark.parametrize(
  ('fields', 'message'),
  [
    ({'task': 'recrods'}, "no task 'recrods'.*Did you mean 'records'"),
    ({'task': 'collections.abc'}, 'is no task: it has no DATA_SET'),
    ({'max_rationales': 0}, 'max_rationales=0 leaves no rationale'),
  ],
)
def test_refuses_at_construction(fields, message):
  with pytest.raises(ValueError, match=message):
    source.Source(**{'task': 'records', **fields})


@pytest.mark.parametrize(
  ('data_dir', 'message'),
  [
    (None, r"'records' reads files.*--gin.DATA_DIR="),
    ('/nowhere/at/all', r'folder /nowhere/at/all .* is absent'),
  ],
)
def test_refuses_a_missing_folder(data_dir, message):
  with pytest.raises(ValueError, match=message):
    source.Source(task='records', data_dir=data_dir).open('train')


@pytest.mark.parametrize(
  ('text', 'message'),
  [
    ('{"question": "Why?"', r'train.jsonl:1: no JSON'),
    ('{"label": "four"}', r"train.jsonl:1: .*'question'"),
    ('', r'train.jsonl: empty'),
    (
      '{"question": "Why?", "rationales": [{"answer": "4"}]}',
      r"train.jsonl:1: rationales\[0\]: .*'text'",
    ),
    ('{"question": "Why?"}', r"'train' of 'records' has no example .*1 had no"),
  ],
)
def test_bad_input_is_told_by_file_and_line(folder, text, message):
  (folder / 'train.jsonl').write_text(text)
  with pytest.raises(ValueError, match=message):
    brought.read(folder).open('train')
  assert not list((folder.parent / 'caches').glob('*'))


def test_an_unusable_label_is_told_by_file_and_line(folder):
  records = [brought.line(1, label='4'), brought.line(2, label='eighteen')]
  brought.write(folder, train=records)
  with pytest.raises(ValueError, match=r"train.jsonl:2: pens/2: label 'eigh"):
    brought.read(folder, answers=answers.Number()).open('train')


def test_a_letter_is_kept_as_the_text_of_its_choice(folder):
  asked = brought.line(1, label='b', choices=['three', 'four'])
  brought.write(folder, train=[asked])
  split = brought.read(folder, answers=answers.Choice()).open('train')
  assert split.records()[0].label == 'four'
  decode = vocabulary.Vocabulary().decode
  assert decode(split[0].label_targets) == 'four'


def test_a_line_break_is_not_lost(folder):
  for model in ('embedded', str(shared.path('tokenizers', 't5_spiece.model'))):
    odd = brought.line(1, rationales=[{'text': 'Two.\nThe answer is\tfour.'}])
    brought.write(folder, train=[odd])
    read = brought.read(folder, vocabulary=vocabulary.Vocabulary(model))
    assert read.open('train').warnings == ()


def test_two_records_of_one_name_are_refused(folder):
  brought.write(folder, train=[brought.line(1), brought.line(1)])
  with pytest.raises(ValueError, match="example_id 'pens/1'"):
    brought.read(folder).open('train')


def test_half_a_character_is_refused_by_name(folder):
  brought.write(folder, train=[brought.line(1, question='a \ud83d b')])
  with pytest.raises(
    ValueError, match=r"jsonl:1: 'pens/1' holds '\\ud83d', half a"
  ):
    brought.read(folder).open('train')
