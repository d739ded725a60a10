"""A run without phases asks the student as it begins."""

import json

import numpy as np

from distill_jax.training import loop
from tests.training import small


def _eval(folder):
  return json.loads((folder / 'eval' / 'records.json').read_text())


def test_a_trained_student_answers_as_before(undisturbed, data, tmp_path):
  folder = tmp_path / 'asked'
  run, config = small.load(
    folder, data, 'parts/as_it_begins.gin', INITIAL_CHECKPOINT=undisturbed
  )
  assert run.phases == ()
  loop.train(run, config)
  theirs = small.parameters(undisturbed, 'best')
  ours = small.parameters(folder, 'best')
  student = [name for name in theirs if "['student']" in name]
  assert student
  for name in student:
    np.testing.assert_array_equal(ours[name], theirs[name])
  before, after = _eval(undisturbed), _eval(folder)
  assert after.pop('step') == 0
  before.pop('step')
  assert {k: after[k] for k in ('accuracy', 'num_examples')} == {
    k: before[k] for k in ('accuracy', 'num_examples')
  }
  # The same command finds that all is done.
  loop.train(run, config)
