"""Rows of TensorFlow Datasets, read without TensorFlow in this process."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from distill_jax.data import tokenizer

MODULE = 'distill_jax.data.tfds_rows'


def rows(name: str, split: str) -> Iterator[dict[str, Any]]:
  """Yields the rows of a split, as a child process prints them.

  Args:
    name: of the data set and its version, such as 'anli/r1:0.1.0'.
    split: such as 'validation'.

  Raises:
    ValueError: if the child failed, with the last line that it said.
  """
  with tempfile.TemporaryFile('w+') as said:
    child = subprocess.Popen(
      [sys.executable, '-m', MODULE, name, split],
      env=tokenizer.environment(),
      stdin=subprocess.DEVNULL,
      stdout=subprocess.PIPE,
      stderr=said,
      text=True,
    )
    try:
      for line in child.stdout:
        yield json.loads(line)
      child.wait()
    finally:
      child.kill()  # where the reader stops early
      child.stdout.close()
      child.wait()
    if child.returncode:
      said.seek(0)
      last = (said.read().strip().splitlines() or ['it said nothing'])[-1]
      raise ValueError(
        f'{name} {split}: TensorFlow Datasets ended with code'
        f' {child.returncode}: {last}; prepare the data by `tfds build`, in'
        ' the folder that TFDS_DATA_DIR names'
      )
