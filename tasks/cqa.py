"""CommonsenseQA (CoS-E 1.11) as "Distilling step-by-step" split it.

Labels are the text of one of five choices, which stand in the question.
"""

from distill_jax.rationales import dss_cqa
from distill_jax.text import answers

DATA_SET = dss_cqa.CQA.data_set(
  answers.Choice(),
  'Talmor et al. 2019, arXiv:1811.00937; Rajani et al. 2019, arXiv:1906.02361',
)
