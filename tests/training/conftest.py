"""One small data set and one undisturbed run for all tests of training."""

import os

import jax
import pytest

from distill_jax.training import loop
from tests.training import small


@pytest.fixture(scope='package')
def compiled(tmp_path_factory):
  """Compiles once, in this process and in those it starts."""
  folder = os.environ.get('JAX_COMPILATION_CACHE_DIR')
  settings = {
    'jax_compilation_cache_dir': folder or str(tmp_path_factory.mktemp('xla')),
    'jax_persistent_cache_min_compile_time_secs': 0.0,
  }
  with pytest.MonkeyPatch.context() as patch:
    for name, value in settings.items():
      jax.config.update(name, value)
      patch.setenv(name.upper(), str(value))
    yield
  jax.config.update('jax_compilation_cache_dir', folder)


@pytest.fixture(scope='package')
def data(tmp_path_factory, compiled):
  """A folder with `records/`, and with `cache/` already built."""
  folder = tmp_path_factory.mktemp('small')
  small.write_records(folder / 'records')
  run, _ = small.load(folder / 'unused', folder)
  run.source.build()
  return folder


@pytest.fixture(scope='package')
def undisturbed(data, tmp_path_factory):
  """The folder of a run that nobody stopped."""
  folder = tmp_path_factory.mktemp('undisturbed') / 'run'
  loop.train(*small.load(folder, data))
  return folder
