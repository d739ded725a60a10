"""MedQA-USMLE, labels are the text of one of four choices."""

from distill_jax.rationales import dataset, medqa
from distill_jax.text import answers

DATA_SET = dataset.DataSet(
  name='medqa',
  read=medqa.read,
  splits=medqa.SPLITS,
  answers=answers.Choice(),
  needs_data_dir=True,
  files=medqa.FILES,
  citation='Jin et al. 2020, arXiv:2009.13081',
)
