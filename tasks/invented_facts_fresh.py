"""The embedded knowledge task in another world, for a last word.

Its lands and facts are drawn from another seed, so nothing can have been chosen
by them. Its passages are those of `InventedCorpus(seed=1)`.
"""

import functools

from distill_jax.rationales import dataset, invented_facts, invented_wording
from distill_jax.text import answers

_SEED = 1

DATA_SET = dataset.DataSet(
  name='invented_facts_fresh',
  read=functools.partial(invented_facts.read, seed=_SEED),
  splits=invented_facts.SPLITS,
  answers=answers.OneOf(choices=invented_wording.ANIMALS),
  citation='drawn by distill_jax.rationales.invented_facts',
)
