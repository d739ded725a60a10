"""Other prompts lead to other texts, in another cache."""

import json

import pytest

from distill_jax.data import lengths, notices, prepare, source, tally
from distill_jax.text import answers, assisted, joint, prompts

_BODY = 'Ann has 3 pens and buys 4 pens in the shop near the river.'


@pytest.fixture
def folder(tmp_path):
  line = {
    'example_id': 'shop/1',
    'question': 'How many?',
    'label': '( 3 + 4 )',
    'rationales': [{'text': f'{_BODY} The answer is (3 + 4).'}],
  }
  for split in ('train', 'validation', 'test'):
    (tmp_path / f'{split}.jsonl').write_text(json.dumps(line) + '\n')
  return tmp_path


def _source(folder, own, label=64):
  return source.Source(
    task='records',
    data_dir=str(folder),
    answers=answers.Equation(),
    prompts=own,
    lengths=lengths.Lengths(label=label),
  )


def _only(source):
  ((_, texts),) = prepare.examples(source, 'train')
  return texts


def _shortened(source):
  counts = tally.Tally()
  list(prepare.examples(source, 'train', counts))
  return counts.facts()['shortened']


def test_each_kind_of_prompts_has_a_cache_of_its_own(folder):
  kinds = [
    prompts.Prompts(),
    joint.RationaleThenLabel(),
    joint.RationaleThenLabel(separator='\nAnswer: '),
    assisted.RationaleAsInput(),
  ]
  found = {_source(folder, kind).fingerprint() for kind in kinds}
  assert len(found) == len(kinds)


def test_a_joint_target_is_cut_before_its_label(folder):
  whole = _source(folder, joint.RationaleThenLabel())
  texts = _only(whole)
  assert texts['label_targets'] == f'{_BODY} Answer: ( 3 + 4 )'
  assert texts['rationales'] == (_BODY,)
  tight = _source(folder, joint.RationaleThenLabel(), label=24)
  target = _only(tight)['label_targets']
  assert [_shortened(one) for one in (whole, tight)] == [0, 1]
  assert target.startswith('Ann has 3')
  assert target.endswith(' Answer: ( 3 + 4 )')
  # With its EOS within the limit, and no more than a word beneath it.
  assert len(tight.vocabulary.encode(target)) + 1 <= 24


def test_the_teachers_rationale_is_in_the_input(folder):
  found = _only(_source(folder, assisted.RationaleAsInput()))
  assert found['label_inputs'] == f'[label] How many?\nRationale: {_BODY}'
  assert found['label_targets'] == '( 3 + 4 )'


def test_a_line_without_rationale_is_named(folder):
  bare = {'example_id': 'shop/2', 'question': 'How many?', 'label': '( 1 + 1 )'}
  (folder / 'train.jsonl').write_text(json.dumps(bare) + '\n')
  with pytest.raises(ValueError, match=r'train.jsonl.*: shop/2: no rationale'):
    _only(_source(folder, assisted.RationaleAsInput()))


def test_shortened_rationales_are_told(folder):
  tight = _source(folder, joint.RationaleThenLabel(), label=24)
  facts = {
    **tally.Tally().facts(),
    'examples': 50,
    'features': {},
    'lossy': {},
    'shortened': 1,
  }
  (said,) = notices.notices(tight, 'train', facts)
  assert '2.0% of the label targets lost words' in said
  assert 'within 24 tokens' in said
  assert not notices.notices(tight, 'train', facts | {'shortened': 0})
