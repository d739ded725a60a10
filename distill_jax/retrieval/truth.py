"""Which passages a search ought to find."""

import dataclasses
from typing import Protocol

from distill_jax.rationales import fields
from distill_jax.rationales import record as record_lib

Ids = frozenset[str]


class Truth(Protocol):
  """The right passages of a record.

  Attributes:
    name: what they are, in a result.
  """

  name: str

  def relevant(self, record: record_lib.Record) -> list[Ids]:
    """Their ids: one set for the record, or one for each rationale."""
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class GoldPassages:
  """Passages that the data names.

  Attributes:
    key: of the record, beside those that every record has; its value is an id
      or a list of ids.
  """

  key: str = 'gold_passages'

  @property
  def name(self) -> str:
    """The key."""
    return self.key

  def relevant(self, record: record_lib.Record) -> list[Ids]:
    """One set; it is empty where the record has no such key.

    Raises:
      ValueError: there is something else under it.
    """
    found = record.extra.get(self.key, [])
    ids = [found] if isinstance(found, str) else found
    if isinstance(ids, list) and all(isinstance(id, str) for id in ids):
      return [frozenset(ids)]
    raise ValueError(
      f'{record.place or record.example_id}: {self.key!r} is '
      f'{fields.kind(found)}, expected the id of a passage, or a list of '
      'ids in quotes; correct it, or name another key by GoldPassages.key'
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class RationalePassages:
  """Passages that stand on the rationales, from an earlier search by them.

  Attributes:
    top: how many of the first count; 3 in arXiv:2305.18395.
  """

  top: int = 3

  def __post_init__(self):
    if self.top < 1:
      raise ValueError(
        f'RationalePassages.top is {self.top}, expected at least 1.'
      )

  @property
  def name(self) -> str:
    """How many of which search."""
    return f'first {self.top} by the rationale'

  def relevant(self, record: record_lib.Record) -> list[Ids]:
    """A set for each rationale; it is empty where nothing was found."""
    return [
      frozenset(passage.id for passage in rationale.passages[: self.top])
      for rationale in record.rationales
    ]
