"""A cache of compiled programs, so that a second start is quick."""

import os
import pathlib

import jax


def use_cache() -> None:
  """Lets jax keep what it compiles; its own environment variables win."""
  folder = pathlib.Path('~/.cache/distill_jax/compiled').expanduser()
  settings = {
    'jax_compilation_cache_dir': str(folder),
    'jax_persistent_cache_min_compile_time_secs': 0.2,
  }
  for name, value in settings.items():
    if name.upper() not in os.environ:
      jax.config.update(name, value)
