"""The corpus of the invented facts: the passages of all splits."""

import dataclasses
import hashlib
import json
import random
from collections.abc import Iterator

from distill_jax.rationales import invented_world as world
from distill_jax.rationales import record


@dataclasses.dataclass(frozen=True, kw_only=True)
class InventedCorpus:
  """Passages that no file holds; a `retrieval.passages.Passages`.

  Attributes:
    seed: that of the questions; see `invented_facts.read`.
  """

  seed: int = 0

  @property
  def path(self) -> str:
    """What messages call it: 'the invented facts'."""
    return 'the invented facts'

  def check(self) -> None:
    """Does nothing: there is no file that could be absent."""

  def fingerprint(self) -> str:
    """A number of the passages, in hexadecimal."""
    digest = hashlib.sha256()
    for passage in self.passages():
      digest.update(json.dumps([passage.id, passage.text]).encode())
    return digest.hexdigest()

  def passages(self) -> Iterator[record.Passage]:
    """The passages, in an order that says nothing.

    Equal scores stay in the corpus's order, and passages about one land often
    score alike.
    """
    facts = [
      fact
      for lands in world.lands(self.seed).values()
      for land in lands
      for fact in land.facts
    ]
    random.Random(f'invented_corpus/{self.seed}').shuffle(facts)
    for fact in facts:
      yield fact.passage
