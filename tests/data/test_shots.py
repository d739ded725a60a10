"""Solved questions before an input."""

import json

import pytest

from distill_jax.data import lengths as lengths_lib
from distill_jax.data import notices, prepare, shots, source, tally
from distill_jax.evaluation import asked
from distill_jax.rationales import record
from distill_jax.text import reasoning


@pytest.fixture
def folder(tmp_path):
  for split in ('train', 'validation', 'test'):
    lines = [
      {
        'example_id': f'{split}/{i}',
        'question': f'Is {i} even?',
        'label': 'yes' if i % 2 == 0 else 'no',
        'rationales': [{'text': f'It is {i}.'}, {'text': 'It is known.'}],
      }
      for i in range(4)
    ]
    text = '\n'.join(json.dumps(line) for line in lines)
    (tmp_path / f'{split}.jsonl').write_text(text)
  return tmp_path


def _source(folder, number, inputs=256):
  return source.Source(
    task='records',
    data_dir=str(folder),
    prompts=reasoning.Reasoning(),
    lengths=lengths_lib.Lengths(inputs=inputs),
    shots=number,
  )


_FIRST = 'Question: Is 0 even?\nExplanation: It is 0.\nAnswer: yes'
_SECOND = 'Question: Is 1 even?\nExplanation: It is 1.\nAnswer: no'
_ASKED = 'Question: Is 3 even?\nExplanation:'


def _inputs(own):
  return [texts['label_inputs'] for _, texts in prepare.examples(own, 'test')]


def test_the_first_training_questions_are_solved(folder):
  own = _source(folder, 2)
  assert shots.of(own) == (_FIRST, _SECOND)
  assert _inputs(own)[3] == f'{_FIRST}\n\n{_SECOND}\n\n{_ASKED}'
  assert _inputs(_source(folder, 0))[3] == _ASKED
  assert own.fingerprint() != _source(folder, 0).fingerprint()


def test_what_does_not_fit_is_left_out_from_the_front(folder):
  own = _source(folder, 2)
  tokens = lambda text: len(own.vocabulary.encode(text)) + 1
  both = tokens(f'{_FIRST}\n\n{_SECOND}\n\n{_ASKED}')
  one = f'{_SECOND}\n\n{_ASKED}'
  assert _inputs(_source(folder, 2, inputs=both))[3] == _inputs(own)[3]
  assert _inputs(_source(folder, 2, inputs=both - 1))[3] == one
  assert _inputs(_source(folder, 2, inputs=tokens(one)))[3] == one
  assert _inputs(_source(folder, 2, inputs=tokens(one) - 1))[3] == _ASKED


def test_a_question_of_ones_own_has_them_too(folder):
  own = _source(folder, 1)
  found = asked.ask(own, record.Record(example_id='a', question='Is 3 even?'))
  read = own.vocabulary.decode(found.label_inputs.tolist())
  assert read == ' '.join(f'{_FIRST} {_ASKED}'.split())
  assert not found.lost


def test_shots_without_room_are_told(folder):
  own = _source(folder, 2)
  room = len(own.vocabulary.encode(f'{_FIRST}\n\n{_SECOND}\n\n{_ASKED}')) + 1
  counts = tally.Tally()
  tight = _source(folder, 2, inputs=room - 1)
  rows = list(prepare.examples(tight, 'test', counts))
  assert counts.without_shots == len(rows) == 4
  facts = {**counts.facts(), 'examples': 4, 'features': {}, 'lossy': {}}
  (said,) = notices.notices(tight, 'test', facts)
  assert '100.0% of the inputs have no room for all 2' in said
  (lost,) = asked.ask(
    tight, record.Record(example_id='a', question='Is 3 even?')
  ).lost
  assert 'no room for all 2 solved questions' in lost


def test_fewer_than_none_are_refused(folder):
  with pytest.raises(ValueError, match=r'shots is -1'):
    _source(folder, -1)
