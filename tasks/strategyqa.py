"""StrategyQA, labels are yes and no."""

from distill_jax.rationales import dataset, strategyqa
from distill_jax.text import answers

DATA_SET = dataset.DataSet(
  name='strategyqa',
  read=strategyqa.read,
  splits=strategyqa.SPLITS,
  answers=answers.OneOf(choices=strategyqa.LABELS),
  needs_data_dir=True,
  files=strategyqa.FILES,
  citation='Geva et al. 2021, arXiv:2101.02235; '
  'Lyu et al. 2023, arXiv:2301.13379',
)
