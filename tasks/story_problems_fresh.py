"""The embedded story problems with other test questions, for a last word.

Training and validation are those of `story_problems`; the test questions are
drawn from another seed, so nothing can have been chosen by them.
"""

from collections.abc import Iterator

from distill_jax.rationales import dataset, record, story_problems
from distill_jax.text import answers

_SEED = 1
_SIZES = {'test': 1000, 'test_unseen': 500}


def read(split: str, data_dir: str | None) -> Iterator[record.Record]:
  """Records of a split."""
  if split not in _SIZES:
    return story_problems.read(split, data_dir)
  return story_problems.read(split, data_dir, seed=_SEED, size=_SIZES[split])


DATA_SET = dataset.DataSet(
  name='story_problems_fresh',
  read=read,
  splits=story_problems.SPLITS,
  answers=answers.Equation(),
  citation='drawn by distill_jax.rationales.story_problems',
)
