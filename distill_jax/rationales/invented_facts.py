"""The embedded knowledge task: questions about lands that were never heard of.

    Which animal is on the flag of Lurim?                        fox
    passage:   The banner of Lurim shows a fox.
    rationale: The banner of Lurim shows a fox, so it is the fox.

Nothing is stored: all is drawn from a seed when it is read. The answer stands
in one passage of the corpus (`invented_corpus`) and follows from nothing else.
Lands of one split are in no other, while relations, animals and the syllables
of the names are the same everywhere: what can be learnt is to find a passage
and to read it.
"""

import random
from collections.abc import Iterator

from distill_jax.rationales import invented_wording as wording
from distill_jax.rationales import invented_world as world
from distill_jax.rationales import record

SAMPLES = 5  # rationales of a question

# Shares of the questions by their wording, fields of `wording.Relation`.
_KINDS = {
  'train': {'named': 0.3, 'described': 0.7},
  'validation': {'named': 0.25, 'described': 0.6, 'held_out': 0.15},
  'test': {'named': 0.25, 'described': 0.6, 'held_out': 0.15},
}

SPLITS = tuple(_KINDS)


def read(
  split: str, data_dir: str | None = None, *, seed: int = 0
) -> Iterator[record.Record]:
  """Yields a question for every fact of a split, the same for the same seed.

  A record's `extra` names its `gold_passages`, the `land`, the `relation`, and
  the `wording`: 'named', 'described' or 'held_out' (see
  `invented_wording.Relation`).

  Args:
    split: one of `SPLITS`.
    data_dir: not used; every data set's reader takes it.
    seed: another one gives another world and corpus.

  Raises:
    ValueError: for an unknown split.
  """
  del data_dir
  if split not in SPLITS:
    raise ValueError(
      f'invented_facts has no split {split!r}; choose one of {list(SPLITS)}'
    )
  facts = [fact for land in world.lands(seed)[split] for fact in land.facts]
  rng = random.Random(f'invented_facts/{seed}/{split}')
  rng.shuffle(facts)
  kinds = _KINDS[split]
  for number, fact in enumerate(facts):
    (kind,) = rng.choices(list(kinds), weights=kinds.values())
    yield record.Record(
      example_id=f'invented_facts/{split}/{number}',
      question=rng.choice(getattr(fact.relation, kind)).format(e=fact.land),
      label=fact.animal,
      rationales=_rationales(fact, rng),
      extra={
        'gold_passages': [fact.passage.id],
        'land': fact.land,
        'relation': fact.relation.name,
        'wording': kind,
      },
    )


def _rationales(
  fact: world.Fact, rng: random.Random
) -> tuple[record.Rationale, ...]:
  """Samples of a teacher who is always right, no two of them the same."""
  ways = [
    (telling, clause)
    for telling in wording.TELLINGS
    for clause in fact.relation.stated
  ]
  return tuple(
    record.Rationale(
      text=_tell(fact, telling, clause),
      answer=fact.animal,
      source='scripted teacher',
      sample=sample,
    )
    for sample, (telling, clause) in enumerate(rng.sample(ways, SAMPLES))
  )


def _tell(fact: world.Fact, telling: str, clause: str) -> str:
  clause = clause.format(e=fact.land, v=fact.animal)
  return telling.format(
    clause=clause, Clause=clause[0].upper() + clause[1:], v=fact.animal
  )
