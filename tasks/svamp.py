"""SVAMP as "Distilling step-by-step" split it, labels are equations."""

from distill_jax.rationales import dss_svamp
from distill_jax.text import answers

DATA_SET = dss_svamp.SVAMP.data_set(
  answers.Equation(), 'Patel et al. 2021, arXiv:2103.07191'
)
