"""The scripted teacher: how often it errs, how, and that style hides it."""

import collections
import re

import numpy as np
import pytest

from distill_jax.rationales import story_problems
from distill_jax.text import answers as answers_lib
from distill_jax.text import endings, prompts

_ANSWERS = answers_lib.Equation()


@pytest.fixture(scope='module')
def records():
  return list(story_problems.read('train'))


def test_about_a_third_of_the_samples_are_wrong(records):
  errors = collections.Counter(
    rationale.extra['error']
    for record in records
    for rationale in record.rationales
  )
  total = sum(errors.values())
  assert 0.65 < errors.pop(None) / total < 0.75
  assert set(errors) == {'operation', 'quantity', 'slip'}
  assert min(errors.values()) / total > 0.04


def test_quality_is_whether_the_equation_has_the_label_s_value(records):
  for record in records:
    for rationale in record.rationales:
      right = _ANSWERS.correct(rationale.answer, record.label)
      assert right == bool(rationale.extra['quality'])
      assert right == (rationale.extra['error'] is None)


def test_the_answer_sentence_states_the_answer_and_can_be_stripped(records):
  for record in records[:500]:
    for rationale in record.rationales:
      body, answer = endings.split(rationale.text)
      assert _ANSWERS.parse(answer) == _ANSWERS.parse(rationale.answer)
      assert 'answer' not in body
      # The reasoning itself carries the computation.
      assert rationale.answer.removeprefix('( ').removesuffix(' )') in body


def test_the_vote_is_usually_right_and_sometimes_lost(records):
  texts = prompts.Prompts()
  won = collections.Counter()
  for record in records:
    votes = texts.texts(record, _ANSWERS).votes
    won.update(
      rationale.extra['quality']
      for rationale, vote in zip(record.rationales, votes)
      if vote > 0
    )
  share = won[1] / sum(won.values())
  assert 0.9 < share < 0.99


def test_errors_read_as_their_name_says(records):
  for record in records:
    label = _numbers(record.label)
    for rationale in record.rationales:
      written = _numbers(rationale.answer)
      match rationale.extra['error']:
        case 'operation':
          assert written == label
        case 'quantity':
          assert written != label
          assert set(written) <= set(_numbers(record.question))
        case 'slip':
          assert not set(written) <= set(_numbers(record.question))


def test_a_bag_of_words_cannot_tell_right_from_wrong(records):
  linear_model = pytest.importorskip('sklearn.linear_model')
  text = pytest.importorskip('sklearn.feature_extraction.text')
  metrics = pytest.importorskip('sklearn.metrics')
  held_out = list(story_problems.read('validation'))
  bag = text.CountVectorizer(token_pattern=r'\S+')
  model = linear_model.LogisticRegression(max_iter=1000, C=0.1)
  model.fit(bag.fit_transform(_bodies(records)), _qualities(records))
  scores = model.predict_proba(bag.transform(_bodies(held_out)))[:, 1]
  assert metrics.roc_auc_score(_qualities(held_out), scores) < 0.65


def test_right_and_wrong_ones_are_equally_long(records):
  lengths = np.array([len(body.split()) for body in _bodies(records)])
  quality = np.array(_qualities(records), bool)
  # Hard questions are longer and err more; the rest is chance.
  assert abs(lengths[quality].mean() - lengths[~quality].mean()) < 2


def _bodies(records):
  return [
    endings.strip_answer(rationale.text)
    for record in records
    for rationale in record.rationales
  ]


def _qualities(records):
  return [r.extra['quality'] for record in records for r in record.rationales]


def _numbers(text):
  return [int(number) for number in re.findall(r'\d+', text)]
