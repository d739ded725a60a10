"""SVAMP with ASDiv's problems added to its training part.

The data folder holds `svamp/` and `asdiv/`. ASDiv's problems come without
labels, so a student learns those of the teacher; validation and test are
SVAMP's own.
"""

import pathlib
from collections.abc import Iterator

from distill_jax.rationales import asdiv, dataset, dss_svamp, record

_SVAMP = dss_svamp.SVAMP.data_set(
  asdiv.ANSWERS, 'Patel et al. 2021, arXiv:2103.07191'
)


def read(split: str, data_dir: str | None) -> Iterator[record.Record]:
  """Records of SVAMP, in training followed by those of ASDiv."""
  folder = pathlib.Path(data_dir)
  yield from _SVAMP.read(split, str(folder / 'svamp'))
  if split == 'train':
    yield from asdiv.unlabelled(str(folder / 'asdiv'))


DATA_SET = dataset.DataSet(
  name='svamp_asdiv',
  read=read,
  splits=_SVAMP.splits,
  answers=_SVAMP.answers,
  needs_data_dir=True,
  files=(
    *(f'svamp/{name}' for name in _SVAMP.files),
    *(f'asdiv/{name}' for name in asdiv.FILES),
  ),
  citation=f'{_SVAMP.citation}; Miao et al. 2020, arXiv:2106.15772',
)
