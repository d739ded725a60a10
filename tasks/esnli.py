"""E-SNLI as "Distilling step-by-step" released it, labels are three words."""

from distill_jax.rationales import dss_nli
from distill_jax.text import answers

DATA_SET = dss_nli.ESNLI.data_set(
  answers.OneOf(choices=dss_nli.LABELS),
  'Camburu et al. 2018, arXiv:1812.01193',
)
