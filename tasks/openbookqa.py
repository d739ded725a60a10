"""OpenbookQA, labels are the text of one of four choices."""

from distill_jax.rationales import dataset, openbookqa
from distill_jax.text import answers

DATA_SET = dataset.DataSet(
  name='openbookqa',
  read=openbookqa.read,
  splits=openbookqa.SPLITS,
  answers=answers.Choice(),
  needs_data_dir=True,
  files=openbookqa.FILES,
  citation='Mihaylov et al. 2018, arXiv:1809.02789; '
  'Tian et al. 2024, arXiv:2402.04616',
)
