"""What a run's discriminator thinks of the rationales of its best student."""

import json
import math
import shutil

import jax
import numpy as np
import pytest

from distill_jax import evaluate
from distill_jax.evaluation import decode
from distill_jax.training import answering, examining, testing
from tests.training import small

_WIDEST = 128  # of all texts
# What a student writes, what of it is scored, and the end of sequence if it
# came.
_SAID = (
  ('Ann has 5 pens and buys', 'Ann has 5 pens and buys', []),
  ('Ann gives 3. The answer is 6 - 3.', 'Ann gives 3.', [1]),
  ('The answer is 4.', '', [1]),
  ('Ann sells 2 pens.', 'Ann sells 2 pens.', [1]),
  ('She', 'She', [1]),
)


@pytest.fixture
def folder(undisturbed, tmp_path):
  return shutil.copytree(undisturbed, tmp_path / 'run')


def _written(folder, name='records'):
  result = json.loads((folder / 'eval' / f'{name}.json').read_text())
  lines = (folder / 'predictions' / f'{name}.jsonl').read_text().splitlines()
  return result, [json.loads(line) for line in lines]


@pytest.fixture
def speaking(monkeypatch):
  """Lets the student, which has learnt little, write some rationales."""

  def rationales(decoder, params, split, limit=None):
    del params, split, limit
    return [
      np.array(decoder.vocabulary.encode(said) + end + [0, 0])
      for said, _, end in _SAID
    ]

  monkeypatch.setattr(decode.Decoder, 'rationales', rationales)


def _by_hand(run, split) -> list[float | None]:
  """The quality of each rationale, a row at a time."""
  params, vocabulary = answering.critic(run), run.source.vocabulary
  logits = jax.jit(run.critic.logits)
  found = []
  for index, (_, body, end) in enumerate(_SAID):
    question, ids = split[index].questions, vocabulary.encode(body) + end
    logit = logits(params, _row(question)[None], _row(ids)[None, None])
    quality = 1 / (1 + math.exp(-float(logit[0, 0])))
    found.append(quality if body else None)
  return found


def _row(ids) -> np.ndarray:
  row = np.zeros(_WIDEST, np.int32)
  row[: len(ids)] = ids
  return row


def _assert_told(folder, expected):
  result, rows = _written(folder)
  found = [row['quality'] for row in rows]
  assert [one is None for one in found] == [one is None for one in expected]
  known = [one for one in expected if one is not None]
  assert len(known) == 4
  told = [one for one in found if one is not None]
  assert told == pytest.approx(known, rel=1e-4)
  assert result['quality'] == pytest.approx(np.mean(known), rel=1e-4)


def test_training_and_a_second_look_say_the_mean_quality(
  folder, data, speaking, monkeypatch
):
  run, _ = small.load(folder, data)
  expected = _by_hand(run, run.source.open('test'))
  testing.test(run)  # what training ends with
  _assert_told(folder, expected)
  shutil.rmtree(folder / 'eval')
  monkeypatch.setattr('sys.argv', ['evaluate', f'--model_dir={folder}'])
  evaluate.main()
  _assert_told(folder, expected)


def test_rationales_are_written_once(folder, data, monkeypatch):
  run, _ = small.load(folder, data)
  calls, tokens = [], decode.Decoder.tokens

  def counted(self, *given):
    calls.append(given)
    return tokens(self, *given)

  monkeypatch.setattr(decode.Decoder, 'tokens', counted)
  examining.Examiner(run).examine('test', rationales=True)
  assert len(calls) == 2  # labels, and rationales


def test_without_rationales_there_is_no_quality(folder, data):
  run, _ = small.load(folder, data)
  result = examining.Examiner(run).examine('validation', rationales=False)
  assert 'quality' not in result
  _, rows = _written(folder, 'records_validation')
  assert not any('quality' in row for row in rows)


def test_a_best_student_alone_is_examined_without_its_critic(folder, data):
  shutil.rmtree(folder / 'checkpoints')
  run, _ = small.load(folder, data)
  result = examining.Examiner(run).examine('test', rationales=True)
  assert 'quality' not in result
  assert 'rouge_l' in result
