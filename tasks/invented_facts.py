"""Questions about invented lands, each answered by one passage of a corpus."""

from distill_jax.rationales import dataset, invented_facts, invented_wording
from distill_jax.text import answers

DATA_SET = dataset.DataSet(
  name='invented_facts',
  read=invented_facts.read,
  splits=invented_facts.SPLITS,
  answers=answers.OneOf(choices=invented_wording.ANIMALS),
  citation='drawn by distill_jax.rationales.invented_facts',
)
