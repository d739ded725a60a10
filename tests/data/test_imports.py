"""TensorFlow never runs beside training."""

import subprocess
import sys


def test_no_module_of_training_loads_tensorflow_or_seqio():
  script = """
import importlib, pkgutil, sys
import distill_jax, distill_jax.tasks
alone = {
  'distill_jax.data.beam_check',
  'distill_jax.data.beam_pipeline',
  'distill_jax.data.build',
  'distill_jax.tasks.registered',
}
for package in (distill_jax, distill_jax.tasks):
  found = pkgutil.walk_packages(package.__path__, package.__name__ + '.')
  for module in found:
    if module.name not in alone:
      importlib.import_module(module.name)
heavy = {'apache_beam', 'tensorflow', 'seqio', 'tensorflow_text'}
loaded = heavy & set(sys.modules)
assert 'distill_jax.training.loop' in sys.modules
sys.exit(f'loaded {loaded}' if loaded else 0)
"""
  ended = subprocess.run(
    [sys.executable, '-c', script], capture_output=True, text=True, check=False
  )
  assert ended.returncode == 0, ended.stderr
