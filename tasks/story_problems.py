"""Story problems that the package makes by itself; labels are equations."""

from distill_jax.rationales import dataset, story_problems
from distill_jax.text import answers

DATA_SET = dataset.DataSet(
  name='story_problems',
  read=story_problems.read,
  splits=story_problems.SPLITS,
  answers=answers.Equation(),
  citation='drawn by distill_jax.rationales.story_problems',
)
