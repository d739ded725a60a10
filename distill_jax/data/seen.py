"""What a run may know of before it is tested."""

import dataclasses

from distill_jax.data import cached
from distill_jax.rationales import record


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seen:
  """All questions of some splits, whatever share of them is learnt from.

  Attributes:
    splits: in their order.
  """

  splits: tuple[cached.Split, ...]

  def __len__(self) -> int:
    return sum(map(len, self.splits))

  def records(self) -> list[record.Record]:
    """Returns the record of every question."""
    return [record for split in self.splits for record in split.records()]
