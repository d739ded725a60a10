"""Measures the memory of conversions between all kinds of checkpoints.

  python -m benchmarks.converting --folder=/tmp/converting

A random T5 1.1 large is written into the folder first, 3.1 GB, and every
conversion is a process of its own. The folder, which needs 16 GB, is removed at
the end.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import time

import numpy as np
import rich
from rich import table as table_lib

from distill_jax.models import t5
from distill_jax.weights import contents, hugging_face_writing, template

_LARGE = t5.T5Config(
  vocab_size=32128,
  emb_dim=1024,
  num_heads=16,
  head_dim=64,
  mlp_dim=2816,
  num_encoder_layers=24,
  num_decoder_layers=24,
)
_STEPS = (
  ('theirs', 'huggingface', 't5x', 't5x'),
  ('t5x', 't5x', 'ours', 'huggingface'),
  ('theirs', 'huggingface', 'run', 'orbax'),
  ('t5x', 't5x', 'run2', 'orbax'),
  ('run', 'orbax', 'ours2', 'huggingface'),
)


def main() -> None:
  """Prints a table."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--folder', type=pathlib.Path, required=True)
  folder = parser.parse_args().folder
  folder.mkdir(parents=True)
  try:
    _show(folder, _written(folder / 'theirs'))
  finally:
    shutil.rmtree(folder)


def _written(folder: pathlib.Path) -> int:
  """Writes a random checkpoint and returns its bytes."""
  folder.mkdir()
  rng = np.random.default_rng(0)
  tensors = {
    name: contents.Tensor(
      name=name,
      shape=shape,
      dtype=np.dtype(np.float32),
      place=name,
      fetch=lambda shape=shape: rng.standard_normal(shape, np.float32),
    )
    for name, shape in template.shapes(_LARGE).items()
  }
  hugging_face_writing.write(folder, _LARGE, tensors)
  return sum(tensor.nbytes for tensor in tensors.values())


def _show(folder: pathlib.Path, size: int) -> None:
  table = table_lib.Table(
    title=f'{size:,} bytes of parameters', title_justify='left'
  )
  for head in ('from', 'to', 'seconds', 'peak MB', 'peak / parameters'):
    table.add_column(head, justify='right' if 'peak' in head else 'left')
  for source, kind, output, to in _STEPS:
    seconds, peak = _measured(folder / source, folder / output, to)
    share = f'{peak / size:.2f}'
    table.add_row(kind, to, f'{seconds:.0f}', f'{peak / 1e6:,.0f}', share)
  rich.print(table)


# A parent's own memory counts in what it is told of its child, VmHWM does not.
_CHILD = """
import re, sys
from distill_jax import convert
convert.main(sys.argv[1:])
with open('/proc/self/status') as status:
  print(re.search(r'VmHWM:\\s*(\\d+) kB', status.read())[1])
"""


def _measured(
  source: pathlib.Path, output: pathlib.Path, to: str
) -> tuple[float, int]:
  """Returns the seconds and the largest resident bytes of a conversion."""
  argv = [f'--input={source}', f'--output={output}', f'--to={to}']
  began = time.perf_counter()
  done = subprocess.run(
    [sys.executable, '-c', _CHILD, *argv],
    check=True,
    stdout=subprocess.PIPE,
    text=True,
  )
  peak = int(done.stdout.split()[-1]) * 1024
  return time.perf_counter() - began, peak


if __name__ == '__main__':
  main()
