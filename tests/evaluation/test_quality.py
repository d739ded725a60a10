"""Right and wrong rationales, told apart by a critic that is a table."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax.data import lengths as lengths_lib
from distill_jax.evaluation import quality
from distill_jax.rationales import record
from distill_jax.text import answers, vocabulary

_VOCABULARY = vocabulary.Vocabulary()


@dataclasses.dataclass(frozen=True)
class _Row:
  questions: list[int]
  rationales: list[list[int]]


@dataclasses.dataclass(frozen=True)
class _Split:
  """Questions in memory, with what a cached split offers to a critic."""

  kept: tuple[record.Record, ...]
  lengths: lengths_lib.Lengths = lengths_lib.Lengths(
    inputs=8, label=8, rationale=40
  )

  def records(self):
    return self.kept

  def __getitem__(self, example):
    texts = [rationale.text for rationale in self.kept[example].rationales]
    return _Row([3], [[*_VOCABULARY.encode(text), 1] for text in texts])


@dataclasses.dataclass(frozen=True)
class _Longer:
  """Prefers long rationales."""

  def logits(self, params, questions, candidates, rng=None):
    return jnp.sum(candidates > 0, axis=-1).astype(jnp.float32)


def _ids(texts):
  return [np.array([*_VOCABULARY.encode(text), 1, 0]) for text in texts]


def _record(label, *rationales):
  return record.Record(
    example_id=label, question='q', label=label, rationales=rationales
  )


def test_a_students_rationale_is_right_if_it_computes_the_label():
  split = _Split((_record('( 7 - 3 )'), _record('( 6 / 2 )'), _record('( 5 )')))
  texts = [
    'Tom has 7 pens and loses 3 pens, so we subtract: 7 - 3.',
    'Tom shares: 6 - 2.',
    'Tom has a pen.',
  ]
  found = quality.of_student(
    _Longer(), {}, split, answers.Equation(), _ids(texts), _VOCABULARY
  )
  assert found == {
    'rationales': 3,
    'right': pytest.approx(1 / 3),
    'auc': 1.0,
  }


def test_nothing_is_said_of_answers_that_reasoning_never_spells_out():
  split = _Split((_record('the bank'),))
  samples = _ids(['Money is kept.'])
  found = quality.of_student(
    _Longer(), {}, split, answers.Choice(), samples, _VOCABULARY
  )
  assert found == {}


def test_the_teachers_quality_is_what_the_data_say():
  def told(text, error):
    extra = {'quality': int(error is None), 'error': error}
    return record.Rationale(text=text, answer='4', extra=extra)

  split = _Split(
    (
      _record('4', told('Tom has 7 pens.', None), told('7', 'slip')),
      _record('4', told('7 pens', None), told('Tom had 7 pens.', 'operation')),
    )
  )
  found = quality.of_teacher(_Longer(), {}, split, answers.Number())
  assert found['auc_slip'] == 1.0
  assert found['auc_operation'] < 1.0
  assert found['auc'] == pytest.approx(
    (found['auc_slip'] + found['auc_operation']) / 2
  )


def test_without_being_told_an_answer_decides():
  rationales = (
    record.Rationale(text='x', answer='4'),
    record.Rationale(text='x', answer='5'),
    record.Rationale(text='x', answer='not a number'),
  )
  truths = [
    quality.truth(_record('4', *rationales), sample, answers.Number())
    for sample in range(3)
  ]
  assert truths == [(True, ''), (False, ''), None]
