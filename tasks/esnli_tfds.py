"""E-SNLI as TensorFlow Datasets has it; see `esnli`.

The data folder holds the release, for the teacher's completions, which are
joined by premise and hypothesis; or a rationale store; or nothing.
"""

import dataclasses
import pathlib
from collections.abc import Iterator

from distill_jax.data import tfds
from distill_jax.rationales import dss_elsewhere, dss_nli, record
from distill_jax.text import answers


def read(split: str, data_dir: str | None) -> Iterator[record.Record]:
  """Records of a split, in the order of TensorFlow Datasets."""
  rows = tfds.rows('esnli:0.1.0', split)
  return dss_elsewhere.read(dss_nli.ESNLI, split, pathlib.Path(data_dir), rows)


DATA_SET = dataclasses.replace(
  dss_nli.ESNLI.data_set(
    answers.OneOf(choices=dss_nli.LABELS),
    'Camburu et al. 2018, arXiv:1812.01193',
  ),
  name='esnli_tfds',
  read=read,
)
