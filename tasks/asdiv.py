"""ASDiv, labels are equations."""

from distill_jax.rationales import asdiv, dataset

DATA_SET = dataset.DataSet(
  name='asdiv',
  read=asdiv.read,
  splits=asdiv.SPLITS,
  answers=asdiv.ANSWERS,
  needs_data_dir=True,
  files=asdiv.FILES,
  citation='Miao et al. 2020, arXiv:2106.15772',
)
