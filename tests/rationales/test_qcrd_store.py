"""The store of several rationales that QCRD trains on, made of real data."""

import collections
import re

import pytest

from distill_jax.rationales import dss_svamp, faithful_cot, store
from distill_jax.text import answers, prompts
from tests import shared

KIND = answers.Equation()


@pytest.fixture(scope='module')
def made(tmp_path_factory):
  folder = str(shared.path('svamp'))
  path = tmp_path_factory.mktemp('store') / 'train.jsonl'
  store.write(path, dss_svamp.SVAMP.read('train', folder))
  return list(store.read(path))


def _letters(question):
  """Another normal form than the reader's: letters and digits, no spaces."""
  return re.sub(r'[^a-z0-9]', '', question.lower())


def test_no_test_question_leaks(made):
  folder = str(shared.path('svamp'))
  kept = {_letters(record.question) for record in made}
  assert len(kept) == 720
  for split in ('validation', 'test'):
    asked = {_letters(r.question) for r in dss_svamp.SVAMP.read(split, folder)}
    assert not asked & kept


def test_every_question_has_its_own_twelve(made):
  release = shared.path('svamp', 'faithful_cot_12.jsonl')
  twelve = {
    _letters(r.question): r.rationales for r in faithful_cot.read(release)
  }
  assert len(twelve) == 1_000
  for record in made:
    palm, *others = record.rationales
    assert palm.source == 'PaLM-540B'
    told = twelve[_letters(record.question)]
    assert [r.text for r in others] == [r.text for r in told]
    for one, other in zip(others, told):
      given = [KIND.parse(r.answer) for r in (one, other)]
      assert given[0] == given[1] or KIND.same(*given)


def test_its_sources_are_six_models_in_two_styles(made):
  sources = collections.Counter(
    rationale.source for record in made for rationale in record.rationales[1:]
  )
  assert len(sources) == 12
  assert {name.partition('/')[2] for name in sources} == {'COT', 'LtM'}
  assert set(sources.values()) == {720}


def test_it_votes(made):
  texts = [prompts.Prompts().texts(record, KIND) for record in made]
  positive = sum(any(vote > 0 for vote in text.votes) for text in texts)
  negative = sum(any(vote < 0 for vote in text.votes) for text in texts)
  assert positive == 720 - sum(text.vote.tie for text in texts)
  assert (positive, negative) == (708, 540)
