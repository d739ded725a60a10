"""Which of a question's rationales are learnt from, and which are kept away.

The number of candidates is static, so that every batch has the same shape; a
question with fewer is padded and masked, one with more shows another subset in
every epoch. A choice depends on (seed, epoch, example) and on nothing else.
"""

import abc
import dataclasses
from collections.abc import Sequence

import numpy as np

Choice = tuple[list[int], list[int]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Candidates(abc.ABC):
  """A rule that picks among the rationales of one question.

  Attributes:
    seed: of whatever the rule draws.
  """

  seed: int = 0

  @property
  @abc.abstractmethod
  def num_positives(self) -> int:
    """P, the width of `Batch.positives`."""

  @property
  def num_negatives(self) -> int:
    """N, the width of `Batch.negatives` before a student adds its own."""
    return 0

  @abc.abstractmethod
  def choose(self, votes: Sequence[int], epoch: int, example: int) -> Choice:
    """Returns the numbers of the positives and of the negatives.

    Args:
      votes: one per rationale: 1 it gave the majority's answer, -1 another
        one, 0 it has no vote (unparsable, or the vote was a tie).
      epoch: number of passes over the split before this one.
      example: index of the question in its split.

    Returns:
      At most `num_positives` and at most `num_negatives` indices into `votes`.
    """


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabelsOnly(Candidates):
  """No rationale: for methods that learn labels alone."""

  @property
  def num_positives(self) -> int:
    """None."""
    return 0

  def choose(self, votes: Sequence[int], epoch: int, example: int) -> Choice:
    """Returns ([], [])."""
    del votes, epoch, example
    return [], []


@dataclasses.dataclass(frozen=True, kw_only=True)
class First(Candidates):
  """The first rationale, whatever its answer: distilling step-by-step.

  Its rationales are one sample of the teacher each, and nobody votes. Where a
  store holds several, `Source.max_rationales = 1` leaves the others out of the
  cache, and the longest of them no longer sets the width of the arrays.

  Reference: arXiv:2305.02301.
  """

  @property
  def num_positives(self) -> int:
    """One."""
    return 1

  def choose(self, votes: Sequence[int], epoch: int, example: int) -> Choice:
    """Returns sample 0 where there is one: [1, -1] gives ([0], [])."""
    del epoch, example
    return [0][: len(votes)], []


@dataclasses.dataclass(frozen=True, kw_only=True)
class RandomOne(Candidates):
  """One rationale at random, another one each epoch, unvoted.

  The control that tells the use of more text from the use of the vote.
  """

  @property
  def num_positives(self) -> int:
    """One."""
    return 1

  def choose(self, votes: Sequence[int], epoch: int, example: int) -> Choice:
    """Returns any one rationale: [1, -1] gives ([0], []) or ([1], [])."""
    drawn = _subset(range(len(votes)), 1, (self.seed, epoch, example, 0))
    return drawn, []


@dataclasses.dataclass(frozen=True, kw_only=True)
class Voted(Candidates):
  """Majority rationales as positives, outvoted ones as negatives.

  For example, with positives=2, negatives=2 and votes [1, -1, 1, 0, 1] the
  positives are two of 0, 2, 4, drawn afresh each epoch, and the one negative
  is 1; the second column of negatives is padding.

  Attributes:
    positives: P, at least 1.
    negatives: N, may be 0.

  Reference: arXiv:2405.13014, section 3.2.
  """

  positives: int
  negatives: int = 0

  def __post_init__(self):
    if self.positives < 1:
      raise ValueError(
        f'Voted(positives={self.positives}) has no room for a positive;'
        ' give at least 1.'
      )
    if self.negatives < 0:
      raise ValueError(
        f'Voted(negatives={self.negatives}) is below zero; give 0 for a'
        ' method without negatives of the teacher.'
      )

  @property
  def num_positives(self) -> int:
    """P."""
    return self.positives

  @property
  def num_negatives(self) -> int:
    """N."""
    return self.negatives

  def choose(self, votes: Sequence[int], epoch: int, example: int) -> Choice:
    """Returns subsets of the majority and of the outvoted, in order."""
    key = self.seed, epoch, example
    won = [i for i, vote in enumerate(votes) if vote > 0]
    lost = [i for i, vote in enumerate(votes) if vote < 0]
    return (
      _subset(won, self.positives, (*key, 0)),
      _subset(lost, self.negatives, (*key, 1)),
    )


def _subset(items: Sequence[int], size: int, key: tuple[int, ...]) -> list[int]:
  """Returns `size` of the items in their order, or all where there are fewer.

  Raw words of a bit generator decide, as in `order.permutation`.
  """
  if len(items) <= size:
    return list(items)
  words = np.random.Philox(np.random.SeedSequence(key)).random_raw(len(items))
  chosen = np.sort(np.argsort(words, kind='stable')[:size])
  return [items[i] for i in chosen]
