"""Writes `held_out.json`: which rows the `datasets` library holds out.

  pip install datasets
  python tests/rationales/make_held_out.py

Per number of rows, those that validate, in their order, and a digest of those
that train, in theirs. `test_dss` compares; it needs no such library.
"""

import hashlib
import json
import pathlib

import datasets

SIZES = (11, 37, 800, 9741)  # 800 of SVAMP, 9,741 of CommonsenseQA


def held_out(rows: int) -> dict[str, object]:
  """What the library does with a training part of so many rows."""
  made = datasets.Dataset.from_dict({'row': range(rows)})
  parts = made.train_test_split(test_size=0.1, seed=0)
  train = json.dumps(list(parts['train']['row']))
  return {
    'validation': list(parts['test']['row']),
    'train_sha256': hashlib.sha256(train.encode()).hexdigest(),
  }


if __name__ == '__main__':
  found = {str(rows): held_out(rows) for rows in SIZES}
  golden = {'datasets': datasets.__version__, 'rows': found}
  path = pathlib.Path(__file__).with_name('held_out.json')
  path.write_text(json.dumps(golden) + '\n')
