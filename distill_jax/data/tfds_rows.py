"""Prints a split of TensorFlow Datasets, one JSON object a line.

  python -m distill_jax.data.tfds_rows esnli:0.1.0 validation

`tfds` runs it in a process of its own, as `tokenizer` runs `build`: TensorFlow
never stands beside training. The data lie where TensorFlow Datasets keeps
them (TFDS_DATA_DIR), and are fetched where they are absent.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import tensorflow_datasets


def main() -> None:
  """Prints the split that the command line names."""
  name, split = sys.argv[1:]
  for row in rows(name, split):
    sys.stdout.write(json.dumps(row) + '\n')


def rows(name: str, split: str) -> Iterator[dict[str, Any]]:
  """The rows of a split in the order of its files, in plain Python.

  Texts are strings, and a class is its number.
  """
  found = tensorflow_datasets.load(name, split=split, shuffle_files=False)
  for row in tensorflow_datasets.as_numpy(found):
    yield {
      key: value.decode() if isinstance(value, bytes) else int(value)
      for key, value in row.items()
    }


if __name__ == '__main__':
  main()
