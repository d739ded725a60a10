"""SVAMP as "Distilling step-by-step" split it, labels are equations."""

from distill_jax.rationales import dataset, dss, extra_rationales
from distill_jax.text import answers

DATA_SET = dataset.DataSet(
  name='svamp',
  read=dss.read_svamp,
  splits=('train', 'validation', 'test'),
  answers=answers.Equation(),
  needs_data_dir=True,
  files=(
    'svamp_*.json',
    'llm/*_CoT_*.json',
    extra_rationales.STORE,
    extra_rationales.RELEASE,
  ),
  citation='Patel et al. 2021, arXiv:2103.07191; Hsieh et al. 2023, '
  'arXiv:2305.02301',
)
