"""The embedded story problems by a teacher that errs twice as often."""

import functools

from distill_jax.rationales import dataset, story_problems
from distill_jax.text import answers

DATA_SET = dataset.DataSet(
  name='story_problems_small_teacher',
  read=functools.partial(story_problems.read, errs=2.0),
  splits=story_problems.SPLITS,
  answers=answers.Equation(),
  citation='drawn by distill_jax.rationales.story_problems',
)
