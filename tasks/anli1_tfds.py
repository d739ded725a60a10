"""ANLI round 1 as TensorFlow Datasets has it; see `anli1`.

The data folder holds the release, for the teacher's completions, which are
joined by uid; or a rationale store; or nothing.
"""

import dataclasses
import pathlib
from collections.abc import Iterator

from distill_jax.data import tfds
from distill_jax.rationales import dss_elsewhere, dss_nli, record
from distill_jax.text import answers


def read(split: str, data_dir: str | None) -> Iterator[record.Record]:
  """Records of a split, in the order of TensorFlow Datasets."""
  rows = (
    {**row, 'premise': row['context']}
    for row in tfds.rows('anli/r1:0.1.0', split)
  )
  return dss_elsewhere.read(dss_nli.ANLI1, split, pathlib.Path(data_dir), rows)


DATA_SET = dataclasses.replace(
  dss_nli.ANLI1.data_set(
    answers.OneOf(choices=dss_nli.LABELS), 'Nie et al. 2020, arXiv:1910.14599'
  ),
  name='anli1_tfds',
  read=read,
)
