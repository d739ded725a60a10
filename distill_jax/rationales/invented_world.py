"""The lands that the invented facts are about: names, animals, passages.

Every land has one animal in each relation, all of them different, so each of
its passages has distractors about the same land, and as many about the same
relation as there are other lands. Animals are drawn alike in all relations:
nothing but its passage tells what a question asks for.
"""

import dataclasses
import functools
import itertools
import random

from distill_jax.rationales import invented_wording as wording
from distill_jax.rationales import record

LANDS = {'train': 300, 'validation': 50, 'test': 80}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fact:
  """What one passage says.

  Attributes:
    land: its name.
    relation: ties it to the animal.
    animal: in this relation to it.
    passage: says so.
  """

  land: str
  relation: wording.Relation
  animal: str
  passage: record.Passage


@dataclasses.dataclass(frozen=True, kw_only=True)
class Land:
  """One land and all that is known of it.

  Attributes:
    name: of two syllables.
    facts: one for each relation.
  """

  name: str
  facts: tuple[Fact, ...]


@functools.lru_cache(maxsize=4)
def lands(seed: int = 0) -> dict[str, tuple[Land, ...]]:
  """The lands of each split, no land in two of them."""
  rng = random.Random(f'invented_world/{seed}')
  syllables = itertools.product(wording.FIRST, wording.SECOND)
  names = [first + second for first, second in syllables]
  rng.shuffle(names)
  drawn = iter(names)
  return {
    split: tuple(_land(next(drawn), rng) for _ in range(size))
    for split, size in LANDS.items()
  }


def _land(name: str, rng: random.Random) -> Land:
  animals = rng.sample(wording.ANIMALS, len(wording.RELATIONS))
  facts = tuple(
    _fact(name, relation, animal, rng)
    for relation, animal in zip(wording.RELATIONS, animals)
  )
  return Land(name=name, facts=facts)


def _fact(
  land: str, relation: wording.Relation, animal: str, rng: random.Random
) -> Fact:
  text = rng.choice(relation.passages).format(e=land, v=animal)
  passage = record.Passage(id=f'{land}/{relation.name}', text=text)
  return Fact(land=land, relation=relation, animal=animal, passage=passage)
