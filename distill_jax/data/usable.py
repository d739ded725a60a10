"""Whether a split holds what a phase wants to learn from."""

from distill_jax.data import cached
from distill_jax.data import candidates as candidates_lib


def check(split: cached.Split, candidates: candidates_lib.Candidates) -> None:
  """Raises a ValueError where no question has a rationale to learn from.

  Training would go on, its losses zero. Nothing is asked of `LabelsOnly`.

  Args:
    split: of the training questions.
    candidates: which of their rationales become positives.
  """
  if not candidates.num_positives or any(
    _usable(split[i], i, candidates) for i in range(len(split))
  ):
    return
  reason = split.lack or 'what it would choose says nothing but an answer'
  raise ValueError(
    f'The split {split.name!r} of {split.task!r} has no rationale that'
    f' {type(candidates).__name__} can choose: {reason}; or train on labels'
    ' alone, by finetune or candidates.LabelsOnly.'
  )


def _usable(
  row: cached.Row, example: int, candidates: candidates_lib.Candidates
) -> bool:
  """Whether any positive of the first epoch says something."""
  positives, _ = candidates.choose(row.votes, 0, example)
  return any(len(row.rationales[k]) > 1 for k in positives)
