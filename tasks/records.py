"""Data of one's own: a folder with a file of records for every split.

`train.jsonl`, `validation.jsonl` and `test.jsonl` hold one JSON object per
line, as `rationales.record` describes. Answers are any text, and one of the
choices where a question offers some, unless another kind is named.
"""

import pathlib
from collections.abc import Iterator

from distill_jax.rationales import dataset, record, store
from distill_jax.text import answers


def read(split: str, data_dir: str | None) -> Iterator[record.Record]:
  """Records of `<data_dir>/<split>.jsonl`."""
  return store.read(pathlib.Path(data_dir) / f'{split}.jsonl')


DATA_SET = dataset.DataSet(
  name='records',
  read=read,
  splits=('train', 'validation', 'test'),
  answers=answers.Text(),
  needs_data_dir=True,
  files=('train.jsonl', 'validation.jsonl', 'test.jsonl'),
)
