"""Training needs neither TensorFlow nor SeqIO."""

import json
import subprocess
import sys

import pytest

from tests.training import small

_PROGRAM = """
import json, sys
from distill_jax import train
train.main()
heavy = ('tensorflow', 'tensorflow_text', 'seqio', 'transformers')
print(json.dumps([name for name in heavy if name in sys.modules]))
"""


@pytest.mark.slow
def test_training_imports_no_tensorflow(data, tmp_path):
  """Not even where the cache is absent: a child builds it."""
  macros = {'STEPS': 2, 'CACHE_DIR': tmp_path / 'cache'}
  arguments = small.arguments(tmp_path / 'run', data, **macros)
  ended = subprocess.run(
    [sys.executable, '-c', _PROGRAM, *arguments],
    capture_output=True,
    text=True,
    check=False,
  )
  assert ended.returncode == 0, ended.stderr
  assert json.loads(ended.stdout.splitlines()[-1]) == []
  assert list((tmp_path / 'cache').glob('records-*/meta.json'))
  assert small.losses(tmp_path / 'run')[-1]['step'] == 7
  assert (tmp_path / 'run' / 'eval' / 'records.json').exists()
