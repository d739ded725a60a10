"""ANLI round 1 as "Distilling step-by-step" released it.

Labels are three words.
"""

from distill_jax.rationales import dss_nli
from distill_jax.text import answers

DATA_SET = dss_nli.ANLI1.data_set(
  answers.OneOf(choices=dss_nli.LABELS), 'Nie et al. 2020, arXiv:1910.14599'
)
