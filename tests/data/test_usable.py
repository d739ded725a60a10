"""Training on nothing is refused before it begins, and told in one line."""

import pytest

from distill_jax.data import candidates, tokenizer, usable
from tests.data import brought, caches

_VOTED = candidates.Voted(positives=2)
_TIE = brought.line(1, answers=('four', 'five'))
_SILENT = brought.line(1, answers=(None, None))
_NONE = brought.line(1, answers=())
_MISSPELT = {'question': 'Why?', 'label': 'so', 'rationals': [{'text': 'So.'}]}
_BARE = brought.line(1, rationales=[{'text': 'The answer is four.'}])


@pytest.fixture(autouse=True)
def without_tensorflow(monkeypatch):
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)


def _split(tmp_path, *train, split='train', **others):
  lines = [{**one, 'example_id': str(i)} for i, one in enumerate(train)]
  folder = brought.write(tmp_path / 'pens', train=lines, **others)
  return brought.read(folder).open(split)


@pytest.mark.parametrize(
  ('record', 'rule', 'message'),
  [
    (_NONE, _VOTED, "'records' has no .* Voted can.*2 of 2 questions have no"),
    (_NONE, candidates.First(), 'First can.*2 of 2 questions have no ration'),
    (_NONE, candidates.RandomOne(), 'RandomOne can choose: 2 of 2 questions'),
    (_MISSPELT, candidates.First(), "'rationals' .did you mean 'rationales'"),
    (_SILENT, _VOTED, '2 of 2 questions have rationales that state no answer'),
    (_TIE, _VOTED, '2 of 2 questions have answers that tie'),
    (_BARE, _VOTED, 'say nothing but the answer'),
    (_BARE, candidates.First(), 'says nothing but an answer|nothing but the'),
  ],
)
def test_no_usable_rationale_is_refused(tmp_path, record, rule, message):
  split = _split(tmp_path, record, record)
  with pytest.raises(ValueError, match=message) as caught:
    usable.check(split, rule)
  assert 'finetune' in str(caught.value), 'it says what needs no rationale'


@pytest.mark.parametrize(
  ('record', 'rule'),
  [
    (_NONE, candidates.LabelsOnly()),
    (_TIE, candidates.First()),
    (_SILENT, candidates.RandomOne()),
    (brought.line(1), _VOTED),
  ],
)
def test_what_a_rule_can_use_is_not_refused(tmp_path, record, rule):
  usable.check(_split(tmp_path, record), rule)


def test_one_usable_question_is_enough(tmp_path):
  usable.check(_split(tmp_path, _TIE, brought.line(1)), _VOTED)


def test_a_notable_share_without_a_positive_is_told_with_its_reasons(tmp_path):
  split = _split(tmp_path, _TIE, _SILENT, _NONE, brought.line(1))
  (told,) = split.warnings
  assert told.startswith('records train: 75.0% of the questions have no ration')
  assert '1 of 4 questions have answers that tie' in told
  assert '1 of 4 questions have rationales that state no answer' in told
  assert '1 of 4 questions have no rationale' in told


def test_few_without_a_positive_are_not_worth_a_word(tmp_path):
  assert _split(tmp_path, _TIE, *[brought.line(1)] * 9).warnings == ()


def test_no_rationale_at_all_is_told_only_to_who_wants_one(tmp_path):
  assert _split(tmp_path, _NONE).warnings == ()


def test_a_misspelt_key_is_told(tmp_path):
  (told,) = _split(tmp_path, _MISSPELT).warnings
  assert "1 records have the unknown key 'rationals'" in told
  assert "did you mean 'rationales'?" in told


def test_scoring_against_the_teacher_is_told_with_its_share(tmp_path):
  asked = [brought.line(i, label=None if i else 'four') for i in range(4)]
  split = _split(tmp_path, brought.line(1), test=asked, split='test')
  (told,) = split.warnings
  assert told.startswith('records test: 75.0% of the questions have no label')
  assert 'agreement with the teacher' in told
  assert _split(tmp_path, brought.line(1, label=None)).warnings == ()
