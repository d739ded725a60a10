"""The readers of e-SNLI and ANLI by hand and on real samples."""

import json

import pytest

from distill_jax.rationales import dss_nli
from distill_jax.text import answers, consistency, prompts
from tests import shared

KIND = answers.OneOf(choices=dss_nli.LABELS)
_ROW = {'uid': 'u', 'premise': 'Ice.', 'hypothesis': 'It is cold.', 'label': 0}


@pytest.mark.parametrize(
  ('raw', 'text', 'answer'),
  [
    (
      'It is.\nAnswer: neutral\n\nPremise: A.\nAnswer: entailment\n',
      'It is.\nAnswer: neutral',
      'neutral',
    ),
    ('It is.\nAnswer: neutr', None, 'neutr'),
    ('The Premise is.\nAnswer: neutral', None, 'neutral'),
    ('It is.', None, ''),
  ],
)
def test_esnli_completion(raw, text, answer):
  expected = raw if text is None else text, answer
  assert dss_nli.esnli_completion(raw) == expected


@pytest.mark.parametrize(
  ('raw', 'text', 'answer'),
  [
    (
      'The premise says so. So the answer is neutral.\n\nPremise: B. The',
      'The premise says so. So the answer is neutral.',
      'neutral',
    ),
    ('It is, so the answer is neutral.', None, ''),
    ('It is.', None, ''),
  ],
)
def test_anli_completion(raw, text, answer):
  expected = raw if text is None else text, answer
  assert dss_nli.anli_completion(raw) == expected


@pytest.mark.parametrize('label', [2, 'contradiction'])
def test_labels_are_words_or_their_numbers(label):
  assert dss_nli.fields(_ROW | {'label': label}) == {
    'question': 'Ice.</s>It is cold.',
    'label': 'contradiction',
  }


@pytest.mark.parametrize('label', [-1, 3, 1.0, True, 'maybe', None])
def test_an_unknown_label_is_named(tmp_path, label):
  lines = [json.dumps(_ROW), json.dumps(_ROW | {'label': label})]
  (tmp_path / 'esnli_test.json').write_text('\n'.join(lines))
  (tmp_path / 'llm').mkdir()
  (tmp_path / 'llm' / 'test_CoT_0.json').write_text('["a", "b"]')
  with pytest.raises(
    ValueError, match=r'esnli_test.json:2: label .*, expected one of entailm'
  ):
    list(dss_nli.ESNLI.read('test', str(tmp_path)))


def test_a_uid_occurs_once(tmp_path):
  (tmp_path / 'anli1_test.json').write_text(f'{json.dumps(_ROW)}\n' * 2)
  (tmp_path / 'llm').mkdir()
  (tmp_path / 'llm' / 'test_CoT_0.json').write_text('["a", "b"]')
  with pytest.raises(
    ValueError, match=r"anli1_test.json:2: uid 'u' was used in line 1 already"
  ):
    list(dss_nli.ANLI1.read('test', str(tmp_path)))


def _votes(layout, folder):
  """Right, unparsed and all rows; counted by the vote that training sees."""
  records = list(layout.read('validation', str(shared.path(folder))))
  right = unparsed = 0
  for record in records:
    given = prompts.given_answers(record.rationales, KIND)
    vote = consistency.vote(given, KIND.same)
    unparsed += vote.majority is None
    right += vote.majority is not None and given[0] == record.label
  return right, unparsed, len(records)


def test_real_samples_parse_or_are_counted():
  assert _votes(dss_nli.ESNLI, 'esnli_sample') == (150, 1, 200)
  assert _votes(dss_nli.ANLI1, 'anli1_sample') == (129, 1, 200)


def test_real_sample_by_hand():
  found = dss_nli.ESNLI.read('validation', str(shared.path('esnli_sample')))
  record = next(iter(found))
  assert record.example_id == 'esnli/valid/0'
  assert record.question == (
    'Two women are embracing while holding to go packages.</s>The sisters are '
    'hugging goodbye while holding to go packages after just eating lunch.'
  )
  texts = prompts.Prompts().texts(record, KIND)
  assert texts.label_target == 'neutral'
  assert texts.rationales == (
    'The to go packages are not necessarily from lunch.',
  )
