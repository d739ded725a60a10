"""Which candidates of a question a reranker sees in a step."""

import dataclasses
from collections.abc import Sequence

import numpy as np

# Which search found a candidate; one that both found has both bits.
BY_RATIONALE, BY_QUESTION = 1, 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class Passages:
  """Some candidates that the rationale found, and some that the question did.

  Another draw in every epoch, without replacement. Where one search has found
  too few the other's fill the places.

  Source: 4 + 4 of 32 + 32 in the code of arXiv:2305.18395.

  Attributes:
    by_rationale: how many of those that the rationale found.
    by_question: how many of the others that the question found.
    seed: of the draws.
  """

  by_rationale: int = 4
  by_question: int = 4
  seed: int = 0

  def __post_init__(self):
    if min(self.by_rationale, self.by_question) < 0 or self.total < 2:
      raise ValueError(
        f'Passages.by_rationale is {self.by_rationale} and by_question '
        f'{self.by_question}, expected at least 0 each and 2 together: one '
        'candidate has no order.'
      )

  @property
  def total(self) -> int:
    """K, candidates of a question."""
    return self.by_rationale + self.by_question

  def choose(
    self, found_by: Sequence[int], epoch: int, example: int
  ) -> list[int]:
    """Returns the numbers of the candidates, at most `total` of them.

    A pure function of seed, epoch and example.

    Args:
      found_by: of each candidate the bits of the searches that found it.
      epoch: passes over the split before this one.
      example: number of the row in its split.
    """
    found_by = np.asarray(found_by)
    # Raw words, whose stream numpy keeps across its versions.
    words = np.random.Philox(
      np.random.SeedSequence([self.seed, epoch, example])
    )
    order = np.argsort(words.random_raw(len(found_by)), kind='stable')
    by_rationale = [i for i in order if found_by[i] & BY_RATIONALE]
    chosen = by_rationale[: self.by_rationale]
    taken = set(chosen)
    rest = [i for i in order if i not in taken and found_by[i] & BY_QUESTION]
    chosen += rest[: self.by_question]
    taken = set(chosen)
    chosen += [i for i in order if i not in taken][: self.total - len(chosen)]
    return [int(i) for i in chosen]
