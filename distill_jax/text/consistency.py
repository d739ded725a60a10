"""Self-consistency: the samples of a teacher vote on their answer.

The answer alone decides; a gold label never enters.
"""

import dataclasses
from collections.abc import Callable, Sequence


@dataclasses.dataclass(frozen=True, kw_only=True)
class Vote:
  """Which samples of one question won.

  Attributes:
    positives: samples whose answer is the majority's; none in a tie.
    negatives: samples with another answer; none in a tie.
    unparsed: samples without an answer: no vote and never a candidate.
    majority: the sample that gave the winning answer first, None where no
      sample has an answer. In a tie it is the sample that came first, for the
      accuracy of the vote.
    tie: whether two or more answers share the most votes.
  """

  positives: tuple[int, ...]
  negatives: tuple[int, ...]
  unparsed: tuple[int, ...]
  majority: int | None
  tie: bool

  def sign(self, sample: int) -> int:
    """+1 for a positive sample, -1 for a negative one, 0 for neither."""
    return (sample in self.positives) - (sample in self.negatives)


def vote(
  answers: Sequence[str | None], same: Callable[[str, str], bool]
) -> Vote:
  """The vote of one question's samples, in the order they were sampled.

  `vote(['51', '51.0', None, '49'], same)` with numbers for `same` has
  positives (0, 1), negatives (3,) and unparsed (2,). A single answer is
  positive.

  Args:
    answers: the parsed answer of each sample, None where it has none.
    same: whether two answers agree.
  """
  groups = _groups(answers, same)
  unparsed = tuple(i for i, answer in enumerate(answers) if answer is None)
  if not groups:
    return Vote(
      positives=(), negatives=(), unparsed=unparsed, majority=None, tie=False
    )
  winner = max(groups, key=len)  # the first of the largest
  tie = sum(len(group) == len(winner) for group in groups) > 1
  losers = (i for group in groups if group is not winner for i in group)
  return Vote(
    positives=() if tie else tuple(winner),
    negatives=() if tie else tuple(sorted(losers)),
    unparsed=unparsed,
    majority=winner[0],
    tie=tie,
  )


def _groups(
  answers: Sequence[str | None], same: Callable[[str, str], bool]
) -> list[list[int]]:
  """Samples grouped by the answer that their group's first sample gave."""
  groups: list[list[int]] = []
  for i, answer in enumerate(answers):
    if answer is None:
      continue
    for group in groups:
      if same(answers[group[0]], answer):
        group.append(i)
        break
    else:
      groups.append([i])
  return groups
